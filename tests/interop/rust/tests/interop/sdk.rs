// SPDX-License-Identifier: Apache-2.0

//! What the SDK does by itself: retries, request ids, and what it reads off the wire.

use crate::fixture::*;
use crate::refusal::{INVALID_PARAMETER, NO_SUCH_QUEUE, Refusal};
use aws_sdk_sqs::config::interceptors::{
    AfterDeserializationInterceptorContextRef, BeforeTransmitInterceptorContextRef,
};
use aws_sdk_sqs::config::retry::RetryConfig;
use aws_sdk_sqs::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_sqs::error::BoxError;
use aws_sdk_sqs::operation::RequestId;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// What went over the wire: how many requests, and the last answer's content type and length.
#[derive(Clone, Debug, Default)]
struct Wire {
    requests: Arc<AtomicU32>,
    answer: Arc<Mutex<(String, usize)>>,
}

impl Intercept for Wire {
    fn name(&self) -> &'static str {
        "Wire"
    }

    fn read_before_transmit(
        &self,
        _context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let answer = context.response();
        let content_type = answer.headers().get("content-type").unwrap_or_default();
        let body = answer.body().bytes().ok_or("the body is not in memory")?;
        *self.answer.lock().unwrap() = (content_type.to_owned(), body.len());
        Ok(())
    }
}

#[tokio::test]
async fn retries_refusals_are_not_tried_again() {
    let wire = Wire::default();
    let f = Fixture::with(configuration().interceptor(wire.clone()));
    let url = f.create(&[]).await;
    let purge = || f.sqs.purge_queue().queue_url(&url).send();
    must(purge().await);
    assert_eq!(wire.requests.load(Ordering::Relaxed), 2);
    let twice = Refusal::of(purge().await);
    assert_eq!(twice.code, "AWS.SimpleQueueService.PurgeQueueInProgress");
    let unknown = Refusal::of(f.message(&unknown_url(), "m").send().await);
    assert_eq!(unknown.code, NO_SUCH_QUEUE);
    let too_many = f.poll(&url).max_number_of_messages(11).send().await;
    assert_eq!(Refusal::of(too_many).code, INVALID_PARAMETER);
    assert_eq!(wire.requests.load(Ordering::Relaxed), 5);
}

/// A server that has nothing but 503 for everybody. Its address.
async fn unavailable_server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut connection, _)) = listener.accept().await {
            // The requests of this test are far smaller than this and come in one piece.
            let _ = connection.read(&mut [0; 16384]).await;
            let answer = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\
                          Connection: close\r\n\r\n";
            let _ = connection.write_all(answer.as_bytes()).await;
        }
    });
    format!("http://{address}")
}

/// The counterpart of the test above: this SDK does try again, and the count above would show it.
#[tokio::test]
async fn retries_faults_of_the_server_are_tried_again() {
    let wire = Wire::default();
    let retry = RetryConfig::standard().with_initial_backoff(Duration::from_millis(1));
    let configuration = configuration()
        .endpoint_url(unavailable_server().await)
        .retry_config(retry.with_max_backoff(Duration::from_millis(1)))
        .interceptor(wire.clone());
    let listed = Fixture::with(configuration).sqs.list_queues().send().await;
    assert_eq!(Refusal::of(listed).status, 503);
    assert_eq!(wire.requests.load(Ordering::Relaxed), 3);
}

#[tokio::test]
async fn case_t1_t2_answers_on_the_wire() {
    let wire = Wire::default();
    let f = Fixture::with(configuration().interceptor(wire.clone()));
    let url = f.create(&[]).await;
    let sent = f.send(&url, "m").await;
    let id = sent.request_id().unwrap();
    assert!(uuid::Uuid::try_parse(id).is_ok(), "{id}");
    let json = "application/x-amz-json-1.0";
    assert_eq!(wire.answer.lock().unwrap().0, json);
    assert!(wire.answer.lock().unwrap().1 > 2);
    let message = f.receive_one(&url).await;
    f.delete(&url, &message).await;
    assert_eq!(*wire.answer.lock().unwrap(), (json.to_owned(), 0));
}

#[tokio::test]
async fn case_t7_request_id_of_an_error() {
    let f = Fixture::new();
    let error = f.sqs.get_queue_url().queue_name(unique_name()).send().await;
    let error = error.unwrap_err();
    let id = error.request_id().unwrap();
    assert!(uuid::Uuid::try_parse(id).is_ok(), "{id}");
}
