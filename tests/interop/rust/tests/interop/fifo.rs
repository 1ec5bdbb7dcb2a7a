// SPDX-License-Identifier: Apache-2.0

use crate::digests::{body_md5, one, with};
use crate::fixture::*;
use crate::refusal::{MISSING_PARAMETER, Refusal};
use std::collections::BTreeSet;

/// Sends bodies such as g1-m1; what stands before the hyphen is the group.
async fn send_groups(f: &Fixture, queue_url: &str, all: &[&str]) {
    for body in all {
        let group = body.split('-').next().unwrap();
        let message = f.in_group(queue_url, body, group).message_deduplication_id(*body);
        must(message.send().await);
    }
}

#[tokio::test]
async fn case_f1_one_answer_holds_several_of_a_group() {
    let f = Fixture::new();
    let url = f.create_fifo(&[]).await;
    send_groups(&f, &url, &["g1-m1", "g2-m1", "g1-m2", "g1-m3"]).await;
    f.expect(&url, &["g1-m1", "g1-m2", "g1-m3", "g2-m1"]).await;
}

#[tokio::test]
async fn case_f2_f5_group_in_flight_is_locked() {
    let f = Fixture::new();
    let url = f.create_fifo(&[]).await;
    send_groups(&f, &url, &["g1-m1", "g1-m2", "g1-m3", "g1-m4", "g2-m1"]).await;
    let held = received(f.poll(&url).max_number_of_messages(2)).await;
    assert_eq!(bodies(&held), ["g1-m1", "g1-m2"]);
    f.expect(&url, &["g2-m1"]).await;
    f.change(&url, &held[0], 0).await;
    f.expect(&url, &["g1-m1"]).await;
}

#[tokio::test]
async fn case_f10_f11_f12_deletes_unlock_a_group() {
    let f = Fixture::new();
    let url = f.create_fifo(&[]).await;
    send_groups(&f, &url, &["g1-m1", "g1-m2", "g1-m3", "g1-m4"]).await;
    let held = received(f.poll(&url).max_number_of_messages(2)).await;
    f.delete(&url, &held[0]).await;
    f.expect(&url, &[]).await;
    f.delete(&url, &held[1]).await;
    for message in f.expect(&url, &["g1-m3", "g1-m4"]).await {
        f.delete(&url, &message).await;
    }
    send_groups(&f, &url, &["g1-m5"]).await;
    f.expect(&url, &["g1-m5"]).await;
}

#[tokio::test]
async fn case_f15_f16_same_id_is_dropped() {
    let f = Fixture::new();
    let url = f.create_fifo(&[]).await;
    let send = async |body| {
        let message = f.in_group(&url, body, "g").message_deduplication_id("id");
        must(message.send().await)
    };
    let (first, second) = (send("body").await, send("another body").await);
    assert_eq!(second.message_id(), first.message_id());
    assert_eq!(second.sequence_number(), first.sequence_number());
    let digest = body_md5("another body");
    assert_eq!(second.md5_of_message_body(), Some(digest.as_str()));
    let messages = f.expect(&url, &["body"]).await;
    f.delete(&url, &messages[0]).await;
    send("once more").await;
    f.expect(&url, &[]).await;
}

#[tokio::test]
async fn case_f17_f18_scope_of_deduplication() {
    let f = Fixture::new();
    let scope =
        [("DeduplicationScope", "messageGroup"), ("FifoThroughputLimit", "perMessageGroupId")];
    let (queue_scope, group_scope) = (f.create_fifo(&[]).await, f.create_fifo(&scope).await);
    for url in [&queue_scope, &group_scope] {
        for (body, group) in [("one", "g1"), ("two", "g2")] {
            let message = f.in_group(url, body, group).message_deduplication_id("id");
            must(message.send().await);
        }
    }
    f.expect(&queue_scope, &["one"]).await;
    f.expect(&group_scope, &["one", "two"]).await;
}

#[tokio::test]
async fn case_f24_p5_purge_forgets_ids() {
    let f = Fixture::new();
    let url = f.create_fifo(&[]).await;
    let send = async |body| {
        let message = f.in_group(&url, body, "g").message_deduplication_id("id");
        must(message.send().await)
    };
    send("before").await;
    must(f.sqs.purge_queue().queue_url(&url).send().await);
    send("after").await;
    f.expect(&url, &["after"]).await;
}

#[tokio::test]
async fn case_f25_f26_sequence_numbers() {
    let f = Fixture::new();
    let url = f.create_fifo(&[("VisibilityTimeout", "0")]).await;
    let mut sequence = Vec::new();
    for id in ["a", "b", "c"] {
        let message = f.in_group(&url, id, "g").message_deduplication_id(id);
        sequence.push(must(message.send().await).sequence_number.unwrap());
    }
    assert!(sequence.iter().all(|number| number.len() == 20), "{sequence:?}");
    assert!(sequence.is_sorted_by(|a, b| a < b), "{sequence:?}");
    let want = BTreeSet::from([
        "ApproximateFirstReceiveTimestamp",
        "ApproximateReceiveCount",
        "MessageDeduplicationId",
        "MessageGroupId",
        "SenderId",
        "SentTimestamp",
        "SequenceNumber",
    ]);
    for _ in 0..2 {
        for (message, number) in f.expect(&url, &["a", "b", "c"]).await.iter().zip(&sequence) {
            assert_eq!(system_attribute(message, "SequenceNumber"), Some(number.as_str()));
            let names = message.attributes().unwrap().keys();
            assert_eq!(names.map(|name| name.as_str()).collect::<BTreeSet<_>>(), want);
        }
    }
}

#[tokio::test]
async fn case_f27_content_based_deduplication() {
    let f = Fixture::new();
    let url = f.create_fifo(&[("ContentBasedDeduplication", "true")]).await;
    let body = || f.in_group(&url, "body", "g");
    must(body().send().await);
    must(with(body(), &one("k", text("String", "no content"))).send().await);
    must(body().message_deduplication_id("explicit-id").send().await);
    let messages = f.expect(&url, &["body", "body"]).await;
    let id = |message| system_attribute(message, "MessageDeduplicationId").unwrap();
    let sha256_of_body = "230d8358dc8e8890b4c58deeb62912ee2f20357ae92a5cc861b98e68fe31acb5";
    assert_eq!(messages.iter().map(id).collect::<Vec<_>>(), [sha256_of_body, "explicit-id"]);
}

#[tokio::test]
async fn case_s24_s25_s26_s27_parameters_of_a_fifo_send() {
    let f = Fixture::new();
    let url = f.create_fifo(&[]).await;
    let grouped = || f.in_group(&url, "m", "g");
    let text = "The request must contain the parameter MessageGroupId.";
    Refusal::of(f.message(&url, "m").send().await).expect_generic(MISSING_PARAMETER, text);
    Refusal::of(grouped().send().await).expect_bad_parameter(
        "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId \
         provided explicitly",
    );
    let delayed = grouped().message_deduplication_id("d").delay_seconds(2);
    Refusal::of(delayed.send().await).expect_bad_parameter(
        "Value 2 for parameter DelaySeconds is invalid. Reason: The request include parameter that \
         is not valid for this queue type.",
    );
    for id in ["", "with blank", &"d".repeat(129)] {
        let message = grouped().message_deduplication_id(id);
        Refusal::of(message.send().await).expect_bad_parameter(&format!(
            "Value {id} for parameter MessageDeduplicationId is invalid. Reason: \
             MessageDeduplicationId can only include alphanumeric and punctuation characters. \
             1 to 128 in length."
        ));
    }
    must(grouped().message_deduplication_id("d".repeat(128)).send().await);
}
