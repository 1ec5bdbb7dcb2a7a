// SPDX-License-Identifier: Apache-2.0

use crate::digests::body_md5;
use crate::fixture::*;
use crate::messages::{BODY_BYTES_MAX, ILLEGAL_CHARACTERS};
use crate::refusal::{INVALID_PARAMETER, Refusal};
use aws_sdk_sqs::operation::{
    change_message_visibility_batch::builders as change_batch,
    delete_message_batch::builders as delete_batch, send_message_batch::builders as send_batch,
};
use aws_sdk_sqs::types::builders::SendMessageBatchRequestEntryBuilder as EntryBuilder;
use aws_sdk_sqs::types::{
    BatchResultErrorEntry, ChangeMessageVisibilityBatchRequestEntry as Change,
    DeleteMessageBatchRequestEntry as Delete, SendMessageBatchRequestEntry as Entry,
};

type ChangeBatch = change_batch::ChangeMessageVisibilityBatchFluentBuilder;
type DeleteBatch = delete_batch::DeleteMessageBatchFluentBuilder;
type SendBatch = send_batch::SendMessageBatchFluentBuilder;

fn entry(id: &str, body: &str) -> EntryBuilder {
    Entry::builder().id(id).message_body(body)
}

fn sending<const N: usize>(f: &Fixture, queue_url: &str, entries: [EntryBuilder; N]) -> SendBatch {
    let entries = entries.map(|entry| entry.build().unwrap()).into();
    f.sqs.send_message_batch().queue_url(queue_url).set_entries(Some(entries))
}

/// Sends bodies 0, 1 ... under the ids id_0, id_1 ...
pub fn numbered(f: &Fixture, queue_url: &str, count: usize) -> SendBatch {
    let made = |number: usize| entry(&format!("id_{number}"), &number.to_string()).build();
    let entries = (0..count).map(|number| made(number).unwrap()).collect();
    f.sqs.send_message_batch().queue_url(queue_url).set_entries(Some(entries))
}

fn deleting(f: &Fixture, queue_url: &str, handles: &[(&str, &str)]) -> DeleteBatch {
    let made = |(id, handle): &(&str, &str)| {
        Delete::builder().id(*id).receipt_handle(*handle).build().unwrap()
    };
    let entries = handles.iter().map(made).collect();
    f.sqs.delete_message_batch().queue_url(queue_url).set_entries(Some(entries))
}

fn changing(f: &Fixture, queue_url: &str, handles: &[(&str, &str)], seconds: i32) -> ChangeBatch {
    let made = |(id, handle): &(&str, &str)| {
        let entry = Change::builder().id(*id).receipt_handle(*handle);
        entry.visibility_timeout(seconds).build().unwrap()
    };
    let entries = handles.iter().map(made).collect();
    f.sqs.change_message_visibility_batch().queue_url(queue_url).set_entries(Some(entries))
}

#[track_caller]
fn expect_failed(failed: &[BatchResultErrorEntry], id: &str, code: &str, text: &str) {
    let [only] = failed else { panic!("not one entry failed: {failed:?}") };
    assert_eq!((only.id(), only.code(), only.sender_fault()), (id, code, true));
    assert_eq!(only.message(), Some(text));
}

const JUNK: &str = r#"The input receipt handle "junk" is not a valid receipt handle."#;

#[tokio::test]
async fn case_b1_b14_b15_full_batch() {
    let f = Fixture::new();
    let url = f.create(&[]).await;
    let attributed = entry("attributed", "9").message_attributes("k", text("String", "x"));
    let batch = numbered(&f, &url, 9).entries(attributed.build().unwrap());
    let sent = must(batch.send().await);
    assert_eq!(sent.failed(), []);
    for (number, result) in sent.successful().iter().take(9).enumerate() {
        assert_eq!(result.id(), format!("id_{number}"));
        assert_eq!(result.md5_of_message_body(), body_md5(&number.to_string()));
        assert_eq!(result.md5_of_message_attributes(), None);
    }
    let digest = sent.successful()[9].md5_of_message_attributes();
    assert_eq!(digest, Some("a45daa70926828a2f0a1db3418e6feb4"));
    let messages = f.receive(&url).await;
    let mut got = bodies(&messages);
    got.sort();
    assert_eq!(got, ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]);
}

#[tokio::test]
async fn case_b2_b13_empty_batch() {
    let f = Fixture::new();
    let url = f.create(&[]).await;
    refused!(
        sending(&f, &url, []).send().await,
        EmptyBatchRequest,
        "AWS.SimpleQueueService.EmptyBatchRequest",
        400,
        "There should be at least one SendMessageBatchRequestEntry in the request."
    );
    refused!(
        deleting(&f, &url, &[]).send().await,
        EmptyBatchRequest,
        "AWS.SimpleQueueService.EmptyBatchRequest",
        400,
        "There should be at least one DeleteMessageBatchRequestEntry in the request."
    );
}

macro_rules! too_many {
    ($result:expr) => {
        refused!(
            $result,
            TooManyEntriesInBatchRequest,
            "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
            400,
            "Maximum number of entries per request are 10. You have sent 20."
        )
    };
}

#[tokio::test]
async fn case_b3_too_many_entries() {
    let f = Fixture::new();
    let url = f.create(&[]).await;
    too_many!(numbered(&f, &url, 20).send().await);
    let ids: Vec<String> = (0..20).map(|number| format!("id_{number}")).collect();
    let handles: Vec<(&str, &str)> = ids.iter().map(|id| (id.as_str(), "handle")).collect();
    too_many!(deleting(&f, &url, &handles).send().await);
    too_many!(changing(&f, &url, &handles, 1).send().await);
}

macro_rules! invalid_id {
    ($result:expr) => {
        refused!(
            $result,
            InvalidBatchEntryId,
            "AWS.SimpleQueueService.InvalidBatchEntryId",
            400,
            "A batch entry id can only contain alphanumeric characters, hyphens and underscores. \
             It can be at most 80 letters long."
        )
    };
}

#[tokio::test]
async fn case_b4_ids_that_are_no_ids() {
    let f = Fixture::new();
    let url = f.create(&[]).await;
    for id in ["a:b", "a b", "", &"i".repeat(81)] {
        invalid_id!(sending(&f, &url, [entry(id, "m")]).send().await);
        invalid_id!(deleting(&f, &url, &[(id, "handle")]).send().await);
    }
    must(sending(&f, &url, [entry(&"i".repeat(80), "m")]).send().await);
}

#[tokio::test]
async fn case_b5_equal_ids() {
    let f = Fixture::new();
    let url = f.create(&[]).await;
    let entries = [entry("a", "1"), entry("b", "2"), entry("b", "3")];
    refused!(
        sending(&f, &url, entries).send().await,
        BatchEntryIdsNotDistinct,
        "AWS.SimpleQueueService.BatchEntryIdsNotDistinct",
        400,
        "Id b repeated."
    );
}

#[tokio::test]
async fn case_b6_batch_longer_than_one_mebibyte() {
    let f = Fixture::new();
    let url = f.create(&[]).await;
    let half = "x".repeat(BODY_BYTES_MAX / 2);
    must(sending(&f, &url, [entry("a", &half), entry("b", &half)]).send().await);
    let longer = half.clone() + "x";
    refused!(
        sending(&f, &url, [entry("a", &half), entry("b", &longer)]).send().await,
        BatchRequestTooLong,
        "AWS.SimpleQueueService.BatchRequestTooLong",
        400,
        "Batch requests cannot be longer than 1048576 bytes. You have sent 1048577 bytes."
    );
}

#[tokio::test]
async fn case_b7_b8_entry_longer_than_maximum_message_size() {
    let f = Fixture::new();
    let url = f.create(&[("MaximumMessageSize", "1024")]).await;
    let body = "x".repeat(1024 - "kStringx".len());
    let exact = entry("exact", &body).message_attributes("k", text("String", "x"));
    let long = entry("long", &"x".repeat(1025));
    let out = must(sending(&f, &url, [long, exact, entry("small", "m")]).send().await);
    expect_failed(
        out.failed(),
        "long",
        INVALID_PARAMETER,
        "One or more parameters cannot be validated. Reason: Message must be shorter than \
         1024 bytes.",
    );
    assert_eq!(out.successful().len(), 2);
    f.expect(&url, &[&body, "m"]).await;
}

#[tokio::test]
async fn case_b9_entry_with_an_illegal_character() {
    let f = Fixture::new();
    let url = f.create(&[]).await;
    let entries = [entry("good", "m"), entry("bad", "\u{8}"), entry("later", "n")];
    let out = must(sending(&f, &url, entries).send().await);
    expect_failed(out.failed(), "bad", "InvalidMessageContents", ILLEGAL_CHARACTERS);
    f.expect(&url, &["m", "n"]).await;
}

#[tokio::test]
async fn case_b10_b11_fifo_entry_without_ids() {
    let f = Fixture::new();
    let url = f.create_fifo(&[]).await;
    let whole = || entry("a", "m").message_group_id("g").message_deduplication_id("d");
    let groupless = sending(&f, &url, [whole(), entry("b", "m")]);
    Refusal::of(groupless.send().await)
        .expect_bad_parameter("The request must contain the parameter MessageGroupId.");
    let without_id = sending(&f, &url, [whole(), entry("b", "m").message_group_id("g")]);
    Refusal::of(without_id.send().await).expect_bad_parameter(
        "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId \
         provided explicitly",
    );
    f.expect(&url, &[]).await;
}

#[tokio::test]
async fn case_b12_delete_batch_with_an_unknown_handle() {
    let f = Fixture::new();
    let url = f.create(&[]).await;
    must(numbered(&f, &url, 2).send().await);
    let messages = f.expect(&url, &["0", "1"]).await;
    let (first, second) = (handle(&messages[0]), handle(&messages[1]));
    let handles = [("first", first), ("junk", "junk"), ("second", second)];
    let out = must(deleting(&f, &url, &handles).send().await);
    let deleted: Vec<&str> = out.successful().iter().map(|entry| entry.id()).collect();
    assert_eq!(deleted, ["first", "second"]);
    expect_failed(out.failed(), "junk", "ReceiptHandleIsInvalid", JUNK);
    let left = f.attribute(&url, "ApproximateNumberOfMessagesNotVisible").await;
    assert_eq!(left.as_deref(), Some("0"));
}

#[tokio::test]
async fn case_v3_change_batch_with_an_unknown_handle() {
    let f = Fixture::new();
    let url = f.create(&[("VisibilityTimeout", "600")]).await;
    f.send(&url, "m").await;
    let message = f.receive_one(&url).await;
    let handles = [("good", handle(&message)), ("junk", "junk")];
    let out = must(changing(&f, &url, &handles, 0).send().await);
    expect_failed(out.failed(), "junk", "ReceiptHandleIsInvalid", JUNK);
    assert_eq!(out.successful().len(), 1);
    f.expect(&url, &["m"]).await;
}
