// SPDX-License-Identifier: Apache-2.0

//! Digests, which this SDK passes on unchecked: computed here from what was sent and came back.

use crate::fixture::*;
use aws_sdk_sqs::operation::send_message::builders::SendMessageFluentBuilder;
use aws_sdk_sqs::types::{
    MessageAttributeValue, MessageSystemAttributeNameForSends, MessageSystemAttributeValue,
};
use md5::{Digest, Md5};
use std::collections::BTreeMap;

pub type MessageAttributes = BTreeMap<String, MessageAttributeValue>;

fn hex(digest: Md5) -> String {
    let digest = digest.finalize();
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub fn body_md5(body: &str) -> String {
    hex(Md5::new_with_prefix(body))
}

fn add_counted(digest: &mut Md5, bytes: &[u8]) {
    digest.update((bytes.len() as u32).to_be_bytes());
    digest.update(bytes);
}

/// MD5OfMessageAttributes: names in byte order, everything with its length before it.
fn attributes_md5(attributes: &MessageAttributes) -> String {
    let mut digest = Md5::new();
    for (name, value) in attributes {
        add_counted(&mut digest, name.as_bytes());
        add_counted(&mut digest, value.data_type().as_bytes());
        if value.data_type().starts_with("Binary") {
            digest.update([2]);
            add_counted(&mut digest, value.binary_value().unwrap().as_ref());
        } else {
            digest.update([1]);
            add_counted(&mut digest, value.string_value().unwrap().as_bytes());
        }
    }
    hex(digest)
}

pub fn one(name: &str, value: MessageAttributeValue) -> MessageAttributes {
    MessageAttributes::from([(name.to_owned(), value)])
}

pub fn with(call: SendMessageFluentBuilder, all: &MessageAttributes) -> SendMessageFluentBuilder {
    all.iter().fold(call, |call, (name, value)| call.message_attributes(name, value.clone()))
}

#[tokio::test]
async fn case_s15_s16_s17_s18_known_digests() {
    let f = Fixture::new();
    let url = f.create(&[]).await;
    let trace = b"traceparent\x1e00-774062d6c37081a5a0b9b5b88e30627c-2d2482211f6489da-01";
    let number = |data_type| one("timestamp", text(data_type, "1493147359900"));
    for (attributes, want) in [
        (number("Number"), "235c5c510d26fb653d073faed50ae77c"),
        (number("Number.java.lang.Long"), "2e2e4876d8e0bd6b8c2c8f556831c349"),
        (one("attr1", bytes("Binary", trace)), "8cbe4db156db8a94db8b801b7addb984"),
        (one("k", text("String", "x")), "a45daa70926828a2f0a1db3418e6feb4"),
        (one("somevalue", text("String.custom", "somevalue")), "9e05cca738e70ff6c6041e82d5e77ef1"),
    ] {
        let sent = must(with(f.message(&url, want), &attributes).send().await);
        assert_eq!(sent.md5_of_message_attributes(), Some(want));
        let message = f.receive_one(&url).await;
        assert_eq!(message.md5_of_message_attributes(), Some(want));
        let back = message.message_attributes.unwrap().into_iter().collect();
        assert_eq!(attributes_md5(&back), want);
    }
}

#[tokio::test]
async fn case_s12_s17_every_data_type_comes_back() {
    let f = Fixture::new();
    let url = f.create(&[]).await;
    let all: Vec<u8> = (0..=255).collect();
    let attributes = MessageAttributes::from(
        [
            ("text", text("String", "Grüße \u{1F30A}\r\n\t<&>\"'")),
            ("labelled", text("String.custom", "x")),
            ("number", text("Number", "-0012.50e+3")),
            ("long", text("Number.java.lang.Long", "1493147359900")),
            ("binary", bytes("Binary", &all)),
            ("image", bytes("Binary.gif", &[0])),
            ("attr.1øßä", text("String", "name")),
            ("with-hyphen_", text("String", "name")),
        ]
        .map(|(name, value)| (name.to_owned(), value)),
    );
    let sent = must(with(f.message(&url, "m"), &attributes).send().await);
    let message = f.receive_one(&url).await;
    let digest = attributes_md5(&attributes);
    assert_eq!(sent.md5_of_message_attributes(), Some(digest.as_str()));
    assert_eq!(message.md5_of_message_attributes(), Some(digest.as_str()));
    let back: MessageAttributes = message.message_attributes.unwrap().into_iter().collect();
    assert_eq!(back, attributes);
}

pub fn traced(call: SendMessageFluentBuilder, header: &str) -> SendMessageFluentBuilder {
    let value = MessageSystemAttributeValue::builder().data_type("String");
    let value = value.string_value(header).build().unwrap();
    call.message_system_attributes(MessageSystemAttributeNameForSends::AwsTraceHeader, value)
}

#[tokio::test]
async fn case_s19_trace_header_has_a_digest_of_its_own() {
    let f = Fixture::new();
    let url = f.create(&[]).await;
    let header = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";
    let message = with(f.message(&url, "m"), &one("k", text("String", "x")));
    let sent = must(traced(message, header).send().await);
    let system = sent.md5_of_message_system_attributes();
    assert_eq!(system, Some("5ae4d5d7636402d80f4eb6d213245a88"));
    let user = sent.md5_of_message_attributes();
    assert_eq!(user, Some("a45daa70926828a2f0a1db3418e6feb4"));
    let message = f.receive_one(&url).await;
    assert_eq!(system_attribute(&message, "AWSTraceHeader"), Some(header));
}

#[tokio::test]
async fn case_r7_r13_r14_r15_r16_chosen_message_attributes() {
    let f = Fixture::new();
    let url = f.create(&[("VisibilityTimeout", "0")]).await;
    let attributes = [("Help.Me", "Me"), ("Hello", "There"), ("General", "Kenobi")]
        .map(|(name, value)| (name.to_owned(), text("String", value)));
    must(with(f.message(&url, "m"), &attributes.into()).send().await);
    for (names, count, digest) in [
        (&["All"][..], 3, Some("4c360f3fdafd970e05fae2f149d997f5")),
        (&[".*"], 3, Some("4c360f3fdafd970e05fae2f149d997f5")),
        (&["Hel.*"], 2, Some("83fee93c1bcd8b9a5a923ffacdc636c7")),
        (&["Hello", "General"], 2, Some("fca026605781cb4126a1e9044df24232")),
        (&["Unknown", "AWS.", "..foo"], 0, None),
        (&[], 0, None),
    ] {
        let names = names.iter().map(|name| name.to_string()).collect();
        let call = f.poll(&url).set_message_attribute_names(Some(names));
        let message = single(received(call).await);
        let found = message.message_attributes().map_or(0, |found| found.len());
        assert_eq!((found, message.md5_of_message_attributes()), (count, digest));
    }
}
