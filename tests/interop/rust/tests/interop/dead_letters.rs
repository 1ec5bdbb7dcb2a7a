// SPDX-License-Identifier: Apache-2.0

use crate::digests::{one, traced, with};
use crate::fixture::*;
use crate::refusal::Refusal;
use aws_sdk_sqs::operation::send_message::SendMessageOutput;
use aws_sdk_sqs::operation::send_message::builders::SendMessageFluentBuilder;

fn redrive_policy(dead_letter_url: &str, max_receive_count: u32) -> String {
    let arn = arn_of(dead_letter_url);
    format!(r#"{{"deadLetterTargetArn":"{arn}","maxReceiveCount":{max_receive_count}}}"#)
}

/// Makes a queue whose messages are visible again at once and, after one receive, go to the
/// dead-letter queue.
pub async fn create_source_of(f: &Fixture, dead_letter_url: &str) -> String {
    let policy = redrive_policy(dead_letter_url, 1);
    f.create(&[("VisibilityTimeout", "0"), ("RedrivePolicy", &policy)]).await
}

/// Sends a message and receives it until it is gone.
pub async fn exhaust(
    f: &Fixture,
    queue_url: &str,
    message: SendMessageFluentBuilder,
) -> SendMessageOutput {
    let sent = must(message.send().await);
    f.receive_one(queue_url).await;
    f.expect(queue_url, &[]).await;
    sent
}

async fn arrived(f: &Fixture, dead_letter_url: &str) -> aws_sdk_sqs::types::Message {
    single(received(f.poll(dead_letter_url).wait_time_seconds(20)).await)
}

#[tokio::test]
async fn case_d1_d2_exhausted_message_is_moved() {
    let f = Fixture::new();
    let dead = f.create(&[]).await;
    let url = create_source_of(&f, &dead).await;
    let trace = "Root=1-5759e988-bd862e3fe1be46a994272793";
    let message = with(f.message(&url, "m"), &one("k", text("String", "x")));
    let sent = exhaust(&f, &url, traced(message, trace)).await;
    let moved = arrived(&f, &dead).await;
    assert_eq!(moved.message_id(), sent.message_id());
    assert_eq!(moved.body(), Some("m"));
    assert_eq!(moved.md5_of_body(), sent.md5_of_message_body());
    assert_eq!(moved.md5_of_message_attributes(), sent.md5_of_message_attributes());
    for (name, value) in [
        ("ApproximateReceiveCount", "2"),
        ("DeadLetterQueueSourceArn", &arn_of(&url)),
        ("AWSTraceHeader", trace),
    ] {
        assert_eq!(system_attribute(&moved, name), Some(value));
    }
}

#[tokio::test]
async fn case_d3_fifo_group_goes_on_after_a_move() {
    let f = Fixture::new();
    let by_content = ("ContentBasedDeduplication", "true");
    let dead = f.create_fifo(&[by_content]).await;
    let policy = redrive_policy(&dead, 2);
    let attributes = [by_content, ("VisibilityTimeout", "0"), ("RedrivePolicy", &policy)];
    let url = f.create_fifo(&attributes).await;
    must(f.in_group(&url, "bad", "g").send().await);
    f.expect(&url, &["bad"]).await;
    f.expect(&url, &["bad"]).await;
    f.expect(&url, &[]).await;
    let moved = arrived(&f, &dead).await;
    assert_eq!(moved.body(), Some("bad"));
    assert_eq!(system_attribute(&moved, "MessageGroupId"), Some("g"));
    must(f.in_group(&url, "good", "g").send().await);
    f.expect(&url, &["good"]).await;
}

#[tokio::test]
async fn case_d4_count_is_returned_as_it_was_given() {
    let f = Fixture::new();
    let dead = f.create(&[]).await;
    let number = redrive_policy(&dead, 7);
    let quoted = number.replace(":7}", r#":"42"}"#);
    let url = f.create(&[("RedrivePolicy", &number)]).await;
    assert_eq!(f.attribute(&url, "RedrivePolicy").await, Some(number));
    f.set(&url, &[("RedrivePolicy", &quoted)]).await;
    assert_eq!(f.attribute(&url, "RedrivePolicy").await, Some(quoted));
}

#[tokio::test]
async fn case_d5_d6_d8_d9_policies_that_are_refused() {
    let f = Fixture::new();
    let url = f.create(&[]).await;
    let dead = f.create(&[]).await;
    let valid = redrive_policy(&dead, 3);
    for (policy, reason) in [
        (
            valid.replace(r#","maxReceiveCount":3"#, ""),
            "Redrive policy does not contain mandatory attribute: maxReceiveCount.",
        ),
        (
            r#"{"maxReceiveCount":3}"#.to_owned(),
            "Redrive policy does not contain mandatory attribute: deadLetterTargetArn.",
        ),
        (
            redrive_policy(&dead, 1001),
            "Invalid value for maxReceiveCount: 1001, valid values are from 1 to 1000 both \
             inclusive.",
        ),
        (valid.replace(&arn_of(&dead), "dummy"), "Invalid value for deadLetterTargetArn."),
        (redrive_policy(&(dead.clone() + "x"), 3), "Dead letter target does not exist."),
    ] {
        let set = f.try_set(&url, &[("RedrivePolicy", &policy)]).await;
        Refusal::of(set).expect_bad_parameter(&format!(
            "Value {policy} for parameter RedrivePolicy is invalid. Reason: {reason}"
        ));
    }
    refused!(
        f.try_set(&url, &[("RedrivePolicy", "no JSON")]).await,
        InvalidAttributeValue,
        "InvalidAttributeValue",
        400,
        "Invalid value for the parameter RedrivePolicy. Reason: Redrive policy is not a valid \
         JSON map."
    );
}

async fn sources(f: &Fixture, dead_letter_url: &str) -> Vec<String> {
    let call = f.sqs.list_dead_letter_source_queues();
    let pages = call.queue_url(dead_letter_url).into_paginator().page_size(2);
    let (mut pages, mut found) = (pages.send(), Vec::new());
    while let Some(page) = pages.next().await {
        let urls = must(page).queue_urls;
        assert!(urls.len() <= 2, "a page of {}", urls.len());
        found.extend(urls);
    }
    found.sort();
    found
}

#[tokio::test]
async fn case_d7_sources_of_a_dead_letter_queue() {
    let f = Fixture::new();
    let dead = f.create(&[]).await;
    assert_eq!(sources(&f, &dead).await, Vec::<String>::new());
    let mut want = Vec::new();
    for _ in 0..5 {
        want.push(create_source_of(&f, &dead).await);
    }
    want.sort();
    assert_eq!(sources(&f, &dead).await, want);
    f.set(&want[0], &[("RedrivePolicy", "")]).await;
    assert_eq!(sources(&f, &dead).await, want[1..]);
}
