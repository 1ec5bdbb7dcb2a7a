// SPDX-License-Identifier: Apache-2.0

use crate::batches::numbered;
use crate::fixture::*;
use crate::refusal::Refusal;
use aws_sdk_sqs::error::SdkError;
use aws_sdk_sqs::operation::change_message_visibility::ChangeMessageVisibilityError;
use aws_sdk_sqs::operation::delete_message::DeleteMessageError;

async fn try_delete(
    f: &Fixture,
    url: &str,
    handle: &str,
) -> Result<(), SdkError<DeleteMessageError>> {
    let call = f.sqs.delete_message().queue_url(url).receipt_handle(handle);
    call.send().await.map(|_| ())
}

async fn try_change(
    f: &Fixture,
    url: &str,
    handle: &str,
    seconds: i32,
) -> Result<(), SdkError<ChangeMessageVisibilityError>> {
    let call = f.sqs.change_message_visibility().queue_url(url).receipt_handle(handle);
    call.visibility_timeout(seconds).send().await.map(|_| ())
}

#[tokio::test]
async fn case_v3_v7_released_message_is_received_again() {
    let f = Fixture::new();
    let url = f.create(&[("VisibilityTimeout", "600")]).await;
    f.send(&url, "m").await;
    let first = f.receive_one(&url).await;
    f.expect(&url, &[]).await;
    f.change(&url, &first, 0).await;
    let second = f.receive_one(&url).await;
    assert_eq!(second.message_id(), first.message_id());
    f.expect(&url, &[]).await; // the queue's 600 s again, not 0
}

#[tokio::test]
async fn case_v1_v2_v4_extended_message_stays_invisible() {
    let f = Fixture::new();
    let url = f.create(&[("VisibilityTimeout", "600")]).await;
    let receive = async || single(received(f.poll(&url).visibility_timeout(1)).await);
    f.send(&url, "extended").await;
    f.change(&url, &receive().await, 600).await;
    f.send(&url, "left alone").await;
    receive().await;
    // The younger message is back only after the timeout of both has passed.
    let back = received(f.poll(&url).wait_time_seconds(20)).await;
    assert_eq!(bodies(&back), ["left alone"]);
}

#[tokio::test]
async fn case_v5_v12_old_handle_on_a_standard_queue() {
    let f = Fixture::new();
    let url = f.create(&[("VisibilityTimeout", "0")]).await;
    f.send(&url, "m").await;
    let message = f.receive_one(&url).await;
    f.change(&url, &message, 0).await;
    f.delete(&url, &message).await;
    let left = f.attribute(&url, "ApproximateNumberOfMessages").await;
    assert_eq!(left.as_deref(), Some("0"));
}

#[tokio::test]
async fn case_v8_v10_not_a_handle() {
    let f = Fixture::new();
    let url = f.create(&[]).await;
    refused!(
        try_delete(&f, &url, "garbage").await,
        ReceiptHandleIsInvalid,
        "ReceiptHandleIsInvalid",
        400,
        r#"The input receipt handle "garbage" is not a valid receipt handle."#
    );
    refused!(
        try_change(&f, &url, "INVALID", 1).await,
        ReceiptHandleIsInvalid,
        "ReceiptHandleIsInvalid",
        400,
        r#"The input receipt handle "INVALID" is not a valid receipt handle."#
    );
}

#[tokio::test]
async fn case_v9_v11_deleted_message() {
    let f = Fixture::new();
    let url = f.create(&[]).await;
    f.send(&url, "m").await;
    let message = f.receive_one(&url).await;
    f.delete(&url, &message).await;
    f.delete(&url, &message).await;
    let handle = handle(&message);
    Refusal::of(try_change(&f, &url, handle, 1).await).expect_bad_parameter(&format!(
        "Value {handle} for parameter ReceiptHandle is invalid. Reason: Message does not exist or \
         is not available for visibility timeout change."
    ));
}

#[tokio::test]
async fn case_v13_expired_handle_on_a_fifo_queue() {
    let f = Fixture::new();
    let url = f.create_fifo(&[("VisibilityTimeout", "600")]).await;
    must(f.in_group(&url, "m", "g").message_deduplication_id("d").send().await);
    let expired = single(received(f.poll(&url).visibility_timeout(0)).await);
    let valid = f.receive_one(&url).await;
    let handle = handle(&expired);
    Refusal::of(try_delete(&f, &url, handle).await).expect_bad_parameter(&format!(
        "Value {handle} for parameter ReceiptHandle is invalid. Reason: The receipt handle \
         has expired."
    ));
    f.delete(&url, &valid).await;
}

#[tokio::test]
async fn case_v15_unknown_queue_before_garbage_handle() {
    no_such_queue!(try_delete(&Fixture::new(), &unknown_url(), "garbage").await);
}

#[tokio::test]
async fn case_v17_twelve_hours_in_all() {
    let f = Fixture::new();
    let url = f.create(&[]).await;
    f.send(&url, "m").await;
    let message = f.receive_one(&url).await;
    Refusal::of(try_change(&f, &url, handle(&message), 43200).await).expect_bad_parameter(
        "Value 43200 for parameter VisibilityTimeout is invalid. Reason: Total VisibilityTimeout \
         for the message is beyond the limit [43200 seconds]",
    );
    Refusal::of(try_change(&f, &url, handle(&message), 43201).await).expect_bad_parameter(
        "Value 43201 for parameter VisibilityTimeout is invalid. Reason: Must be between 0 \
         and 43200.",
    );
}

#[tokio::test]
async fn case_v19_counts() {
    let f = Fixture::new();
    let url = f.create(&[("VisibilityTimeout", "600")]).await;
    must(numbered(&f, &url, 6).send().await);
    let counts = async || {
        let got = f.attributes(&url).await;
        ["", "NotVisible", "Delayed"].map(|state| {
            let name = format!("ApproximateNumberOfMessages{state}");
            got[&name.as_str().into()].parse::<u32>().unwrap()
        })
    };
    let message = single(received(f.poll(&url).max_number_of_messages(1)).await);
    assert_eq!(counts().await, [5, 1, 0]);
    f.change(&url, &message, 0).await;
    assert_eq!(counts().await, [6, 0, 0]);
}
