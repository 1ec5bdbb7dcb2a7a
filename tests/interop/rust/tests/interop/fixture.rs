// SPDX-License-Identifier: Apache-2.0

//! What a test works with: a client, and the calls most tests need, which panic when refused.

use aws_sdk_sqs::config::timeout::TimeoutConfig;
use aws_sdk_sqs::config::{BehaviorVersion, Builder, Credentials, Region};
use aws_sdk_sqs::error::{DisplayErrorContext, SdkError};
use aws_sdk_sqs::operation::receive_message::builders::ReceiveMessageFluentBuilder;
use aws_sdk_sqs::operation::send_message::SendMessageOutput;
use aws_sdk_sqs::operation::send_message::builders::SendMessageFluentBuilder;
use aws_sdk_sqs::operation::set_queue_attributes::SetQueueAttributesError;
use aws_sdk_sqs::types::{
    Message, MessageAttributeValue, MessageSystemAttributeName, QueueAttributeName,
};
use aws_sdk_sqs::{Client, Error};
use std::collections::HashMap;
use std::fmt::Debug;
use std::time::{Duration, Instant};

pub const ACCOUNT: &str = "000000000000";
pub const REGION: &str = "us-east-1";
/// How long the server may take for what it does by itself, e.g. moving messages.
pub const PATIENCE_MAX: Duration = Duration::from_secs(15);

pub type Attributes = HashMap<QueueAttributeName, String>;

pub fn endpoint() -> String {
    std::env::var("FOREBAY_ENDPOINT").expect("FOREBAY_ENDPOINT must name a running server")
}

/// A client's configuration as an application would write it; the HTTP client is one without TLS.
pub fn configuration() -> Builder {
    Builder::new()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(endpoint())
        .region(Region::new(REGION))
        .credentials_provider(Credentials::new("test", "test", None, None, "interop"))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .timeout_config(TimeoutConfig::builder().operation_timeout(Duration::from_secs(40)).build())
}

pub fn unique_name() -> String {
    format!("rust-{}", uuid::Uuid::new_v4().simple())
}

pub fn name_of(queue_url: &str) -> &str {
    queue_url.rsplit('/').next().unwrap()
}

pub fn arn_of(queue_url: &str) -> String {
    format!("arn:aws:sqs:{REGION}:{ACCOUNT}:{}", name_of(queue_url))
}

pub fn unknown_url() -> String {
    format!("{}/{ACCOUNT}/{}", endpoint(), unique_name())
}

/// The answer of a call that has to succeed.
#[track_caller]
pub fn must<T, E>(result: Result<T, SdkError<E>>) -> T
where
    E: std::error::Error + Send + Sync + 'static,
    Error: From<SdkError<E>>,
{
    result.unwrap_or_else(|error| panic!("{}", DisplayErrorContext(Error::from(error))))
}

pub fn bodies(messages: &[Message]) -> Vec<&str> {
    messages.iter().map(|each| each.body().unwrap()).collect()
}

#[track_caller]
pub fn single<T: Debug>(mut all: Vec<T>) -> T {
    assert_eq!(all.len(), 1, "{all:?}");
    all.remove(0)
}

pub fn system_attribute<'m>(message: &'m Message, name: &str) -> Option<&'m str> {
    let name = MessageSystemAttributeName::from(name);
    message.attributes()?.get(&name).map(String::as_str)
}

pub fn text(data_type: &str, value: &str) -> MessageAttributeValue {
    let value = MessageAttributeValue::builder().string_value(value);
    value.data_type(data_type).build().unwrap()
}

pub fn bytes(data_type: &str, value: &[u8]) -> MessageAttributeValue {
    let value = MessageAttributeValue::builder().binary_value(value.into());
    value.data_type(data_type).build().unwrap()
}

/// Probes until something is there, for what the server does in its own time.
pub async fn eventually<T>(what: &str, mut probe: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE_MAX;
    loop {
        if let Some(found) = probe().await {
            return found;
        }
        assert!(Instant::now() < deadline, "not within {PATIENCE_MAX:?}: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await; // between probes, nothing to wait on
    }
}

pub struct Fixture {
    pub sqs: Client,
}

impl Fixture {
    pub fn new() -> Self {
        Self::with(configuration())
    }

    pub fn with(configuration: Builder) -> Self {
        Self { sqs: Client::from_conf(configuration.build()) }
    }

    pub async fn create_named(&self, name: &str, attributes: &[(&str, &str)]) -> String {
        let mut call = self.sqs.create_queue().queue_name(name);
        for (name, value) in attributes {
            call = call.attributes(QueueAttributeName::from(*name), *value);
        }
        must(call.send().await).queue_url.unwrap()
    }

    /// Makes a standard queue of its own for the test.
    pub async fn create(&self, attributes: &[(&str, &str)]) -> String {
        self.create_named(&unique_name(), attributes).await
    }

    pub async fn create_fifo(&self, attributes: &[(&str, &str)]) -> String {
        let name = unique_name() + ".fifo";
        let attributes = [&[("FifoQueue", "true")], attributes].concat();
        self.create_named(&name, &attributes).await
    }

    pub async fn attributes(&self, queue_url: &str) -> Attributes {
        let call = self.sqs.get_queue_attributes().queue_url(queue_url);
        let call = call.attribute_names(QueueAttributeName::All);
        must(call.send().await).attributes.unwrap()
    }

    pub async fn attribute(&self, queue_url: &str, name: &str) -> Option<String> {
        let name = QueueAttributeName::from(name);
        self.attributes(queue_url).await.remove(&name)
    }

    pub async fn try_set(
        &self,
        queue_url: &str,
        attributes: &[(&str, &str)],
    ) -> Result<(), SdkError<SetQueueAttributesError>> {
        let mut call = self.sqs.set_queue_attributes().queue_url(queue_url);
        for (name, value) in attributes {
            call = call.attributes(QueueAttributeName::from(*name), *value);
        }
        call.send().await.map(|_| ())
    }

    pub async fn set(&self, queue_url: &str, attributes: &[(&str, &str)]) {
        must(self.try_set(queue_url, attributes).await);
    }

    /// A message to add to and to send.
    pub fn message(&self, queue_url: &str, body: &str) -> SendMessageFluentBuilder {
        self.sqs.send_message().queue_url(queue_url).message_body(body)
    }

    pub fn in_group(&self, queue_url: &str, body: &str, group: &str) -> SendMessageFluentBuilder {
        self.message(queue_url, body).message_group_id(group)
    }

    pub async fn send(&self, queue_url: &str, body: &str) -> SendMessageOutput {
        must(self.message(queue_url, body).send().await)
    }

    /// A receive of up to ten messages with all their attributes, to change and to send.
    pub fn poll(&self, queue_url: &str) -> ReceiveMessageFluentBuilder {
        let call = self.sqs.receive_message().queue_url(queue_url);
        call.max_number_of_messages(10)
            .message_attribute_names("All")
            .message_system_attribute_names(MessageSystemAttributeName::All)
    }

    pub async fn receive(&self, queue_url: &str) -> Vec<Message> {
        received(self.poll(queue_url)).await
    }

    pub async fn receive_one(&self, queue_url: &str) -> Message {
        single(self.receive(queue_url).await)
    }

    /// Receives, without waiting, exactly these bodies in this order.
    pub async fn expect(&self, queue_url: &str, want: &[&str]) -> Vec<Message> {
        let messages = self.receive(queue_url).await;
        assert_eq!(bodies(&messages), want);
        messages
    }

    pub async fn delete(&self, queue_url: &str, message: &Message) {
        let call = self.sqs.delete_message().queue_url(queue_url);
        must(call.receipt_handle(handle(message)).send().await);
    }

    pub async fn change(&self, queue_url: &str, message: &Message, seconds: i32) {
        let call = self.sqs.change_message_visibility().queue_url(queue_url);
        let call = call.receipt_handle(handle(message)).visibility_timeout(seconds);
        must(call.send().await);
    }
}

pub fn handle(message: &Message) -> &str {
    message.receipt_handle().unwrap()
}

pub async fn received(call: ReceiveMessageFluentBuilder) -> Vec<Message> {
    must(call.send().await).messages.unwrap_or_default()
}
