// SPDX-License-Identifier: Apache-2.0

use crate::digests::{body_md5, one, with};
use crate::fixture::*;
use crate::refusal::{INVALID_PARAMETER, MISSING_PARAMETER, Refusal};
use aws_sdk_sqs::types::{MessageAttributeValue, MessageSystemAttributeName};
use std::collections::BTreeSet;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

pub const BODY_BYTES_MAX: usize = 1 << 20;
pub const ILLEGAL_CHARACTERS: &str = "Invalid characters found. Valid unicode characters are \
    #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF";

#[tokio::test]
async fn case_s1_send_message() {
    let f = Fixture::new();
    let url = f.create(&[]).await;
    let sent = f.send(&url, "message").await;
    assert_eq!(sent.md5_of_message_body(), Some("78e731027d8fd50ed642340b7c9a63b3"));
    assert!(uuid::Uuid::try_parse(sent.message_id().unwrap()).is_ok(), "{sent:?}");
    assert_eq!(sent.sequence_number(), None);
    let message = f.receive_one(&url).await;
    assert_eq!(message.message_id(), sent.message_id());
    assert_eq!(message.md5_of_body(), sent.md5_of_message_body());
}

#[tokio::test]
async fn case_s2_empty_body() {
    let f = Fixture::new();
    let url = f.create(&[]).await;
    let text = "The request must contain the parameter MessageBody.";
    Refusal::of(f.message(&url, "").send().await).expect_generic(MISSING_PARAMETER, text);
}

#[tokio::test]
async fn case_s3_s4_one_mebibyte() {
    let f = Fixture::new();
    let url = f.create(&[]).await;
    let body = "é".repeat(BODY_BYTES_MAX / 2);
    f.send(&url, &body).await;
    let back = f.receive_one(&url).await;
    // Not assert_eq, which would print both.
    assert!(back.body() == Some(&body), "another body came back");
    let longer = f.message(&url, &(body + "x")).send().await;
    Refusal::of(longer).expect_bad_parameter(
        "One or more parameters are invalid. Reason: Message must be shorter than 1048576 bytes.",
    );
}

#[tokio::test]
async fn case_s5_s6_maximum_message_size() {
    let f = Fixture::new();
    let url = f.create(&[("MaximumMessageSize", "1024")]).await;
    let full = "x".repeat(1024);
    f.send(&url, &full).await;
    let longer = f.message(&url, &(full.clone() + "x"));
    let with_attribute = with(f.message(&url, &full), &one("k", text("String", "x")));
    for too_long in [longer, with_attribute] {
        Refusal::of(too_long.send().await).expect_bad_parameter(
            "One or more parameters are invalid. Reason: Message must be shorter than 1024 bytes.",
        );
    }
}

#[tokio::test]
async fn case_s8_s9_characters_of_a_body() {
    let f = Fixture::new();
    let url = f.create(&[]).await;
    for illegal in ["\u{FFFF}", "\0", "\u{8}", "\u{13}"] {
        refused!(
            f.message(&url, &format!("a{illegal}")).send().await,
            InvalidMessageContents,
            "InvalidMessageContents",
            400,
            ILLEGAL_CHARACTERS
        );
    }
    f.send(&url, "\u{FFFD}").await;
    f.expect(&url, &["\u{FFFD}"]).await;
}

#[tokio::test]
async fn case_s10_s11_s13_s14_attributes_that_are_refused() {
    let f = Fixture::new();
    let url = f.create(&[]).await;
    let refusal = async |name: &str, value| {
        Refusal::of(with(f.message(&url, "m"), &one(name, value)).send().await)
    };
    let empty = refusal("ErrorDetails", text("String", "")).await;
    empty.expect_bad_parameter(
        "Message (user) attribute 'ErrorDetails' must contain a non-empty value of type 'String'.",
    );
    let long = "n".repeat(257);
    for name in [".a", "a.", "a..b", "aWs.x", "AMAZON.x", "a!", "a§", "a(", "a?", &long] {
        let refused = refusal(name, text("String", "x")).await;
        assert_eq!(refused.code, INVALID_PARAMETER, "{name}");
    }
    for value in [text("Invalid", "x"), text("String", "\u{1}")] {
        let what = format!("{value:?}");
        assert_eq!(refusal("k", value).await.code, INVALID_PARAMETER, "{what}");
    }
}

#[tokio::test]
async fn unsupported_operation_attributes_with_lists() {
    let f = Fixture::new();
    let url = f.create(&[]).await;
    let list = MessageAttributeValue::builder().data_type("String");
    let list = list.string_list_values("a").string_list_values("b").build();
    let message = with(f.message(&url, "m"), &one("list", list.unwrap()));
    refused!(
        message.send().await,
        UnsupportedOperation,
        "AWS.SimpleQueueService.UnsupportedOperation",
        400,
        "Message attribute list values in SendMessage operation are not supported."
    );
}

#[tokio::test]
async fn case_s21_s22_s23_groups_on_a_standard_queue() {
    let f = Fixture::new();
    let url = f.create(&[]).await;
    let sent = must(f.in_group(&url, "m", "test").send().await);
    assert_eq!(sent.sequence_number(), None);
    let message = f.receive_one(&url).await;
    assert_eq!(system_attribute(&message, "MessageGroupId"), Some("test"));
    for group in ["", "group 123", &"g".repeat(129)] {
        Refusal::of(f.in_group(&url, "m", group).send().await).expect_bad_parameter(&format!(
            "Value {group} for parameter MessageGroupId is invalid. Reason: MessageGroupId can \
             only include alphanumeric and punctuation characters. 1 to 128 in length."
        ));
    }
}

#[tokio::test]
async fn case_s29_s30_delay_seconds() {
    let f = Fixture::new();
    let url = f.create(&[("DelaySeconds", "900")]).await;
    let by = |seconds| f.message(&url, "m").delay_seconds(seconds).send();
    Refusal::of(by(1000).await).expect_bad_parameter(
        "Value 1000 for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 \
         and <= 900.",
    );
    must(by(0).await); // a zero is sent, and beats the queue's 900 s
    f.expect(&url, &["m"]).await;
    let sent_at = Instant::now();
    must(by(2).await);
    f.expect(&url, &[]).await;
    let later = received(f.poll(&url).wait_time_seconds(20)).await;
    assert_eq!(bodies(&later), ["m"]);
    assert!(sent_at.elapsed() > Duration::from_millis(1900), "a delay of 2 s");
}

#[tokio::test]
async fn case_t27_t28_bodies_come_back_as_sent() {
    let f = Fixture::new();
    let url = f.create(&[]).await;
    let want = [
        "line one\r\nline two\rthree\n\n\tfour  ",
        r#"{"foo": "ba\rr", "foo2": "ba&quot;r&quot;"}"#,
        r#"<a href="x">&amp;</a> 'quoted' \u0041 \"#,
        "Grüße, 日本語, Ελληνικά, עברית, \u{1F469}\u{200D}\u{1F680}, e\u{301}, \u{2028} and \u{85}",
    ];
    for body in want {
        let sent = f.send(&url, body).await;
        assert_eq!(sent.md5_of_message_body(), Some(body_md5(body).as_str()));
    }
    for message in f.expect(&url, &want).await {
        let digest = body_md5(message.body().unwrap());
        assert_eq!(message.md5_of_body(), Some(digest.as_str()));
    }
}

#[tokio::test]
async fn case_r1_r2_limits_of_receive() {
    let f = Fixture::new();
    let url = f.create(&[]).await;
    for count in [11, 0, -1] {
        let call = f.poll(&url).max_number_of_messages(count);
        Refusal::of(call.send().await).expect_bad_parameter(&format!(
            "Value {count} for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 \
             and 10, if provided."
        ));
    }
    for seconds in [21, -1] {
        let call = f.poll(&url).wait_time_seconds(seconds);
        Refusal::of(call.send().await).expect_bad_parameter(&format!(
            "Value {seconds} for parameter WaitTimeSeconds is invalid. Reason: Must be >= 0 and <= \
             20, if provided."
        ));
    }
}

#[tokio::test]
async fn case_r3_r6_answer_of_a_long_poll() {
    let f = Fixture::new();
    let url = f.create(&[("ReceiveMessageWaitTimeSeconds", "20")]).await;
    let began = Instant::now();
    let none = received(f.poll(&url).wait_time_seconds(0)).await;
    assert_eq!(bodies(&none), Vec::<&str>::new());
    assert!(began.elapsed() < PATIENCE_MAX, "an explicit 0 beats the queue's 20 s");
    let began = Instant::now();
    let none = received(f.poll(&url).wait_time_seconds(1)).await;
    assert_eq!(bodies(&none), Vec::<&str>::new());
    assert!(began.elapsed() > Duration::from_millis(950), "a poll of 1 s");
    f.send(&url, "one").await;
    f.send(&url, "two").await;
    let began = Instant::now();
    f.expect(&url, &["one", "two"]).await;
    assert!(began.elapsed() < PATIENCE_MAX, "waited for messages that were there");
}

#[tokio::test]
async fn case_r4_r5_send_wakes_a_long_poll() {
    let f = Fixture::new();
    let asked = f.create(&[]).await;
    let by_queue = f.create(&[("ReceiveMessageWaitTimeSeconds", "20")]).await;
    for (url, call) in
        [(&asked, f.poll(&asked).wait_time_seconds(20)), (&by_queue, f.poll(&by_queue))]
    {
        let began = Instant::now();
        let mut poll = tokio::spawn(received(call));
        // The server does not tell when a poll is parked; half a second is enough to send one.
        let early = tokio::time::timeout(Duration::from_millis(500), &mut poll).await;
        assert!(early.is_err(), "a poll of an empty queue came back: {early:?}");
        f.send(url, "wake up").await;
        assert_eq!(bodies(&poll.await.unwrap()), ["wake up"]);
        assert!(began.elapsed() < PATIENCE_MAX, "the poll ended, but was not woken");
    }
}

#[tokio::test]
async fn case_r8_r9_r12_r18_system_attributes() {
    let f = Fixture::new();
    let url = f.create(&[("VisibilityTimeout", "0")]).await;
    f.send(&url, "m").await;
    let all = f.receive_one(&url).await.attributes.unwrap();
    let names: BTreeSet<&str> = all.keys().map(|name| name.as_str()).collect();
    let want = [
        "ApproximateFirstReceiveTimestamp",
        "ApproximateReceiveCount",
        "SenderId",
        "SentTimestamp",
    ];
    assert_eq!(names, BTreeSet::from(want));
    assert_eq!(all[&MessageSystemAttributeName::ApproximateReceiveCount], "1");
    let millis = |name| all[&name].parse::<u64>().unwrap();
    let sent = millis(MessageSystemAttributeName::SentTimestamp);
    let first = millis(MessageSystemAttributeName::ApproximateFirstReceiveTimestamp);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as u64;
    assert!(sent <= first && now.abs_diff(sent) < 3_600_000, "{sent} {first} {now}");

    let names = ["SenderId", "SequenceNumber", "NobodyKnows"].map(MessageSystemAttributeName::from);
    let call = f.poll(&url).set_message_system_attribute_names(Some(names.into()));
    let chosen = single(received(call).await).attributes.unwrap();
    let sender = &all[&MessageSystemAttributeName::SenderId];
    assert_eq!(chosen, [(MessageSystemAttributeName::SenderId, sender.clone())].into());
}

#[tokio::test]
async fn case_r19_r20_second_receive() {
    let f = Fixture::new();
    let url = f.create(&[]).await;
    f.send(&url, "m").await;
    let receive = async || single(received(f.poll(&url).visibility_timeout(0)).await);
    let (first, second) = (receive().await, receive().await);
    assert_eq!(second.message_id(), first.message_id());
    assert_eq!(system_attribute(&second, "ApproximateReceiveCount"), Some("2"));
    let first_time = |message| system_attribute(message, "ApproximateFirstReceiveTimestamp");
    assert_eq!(first_time(&second), first_time(&first));
    assert_ne!(second.receipt_handle(), first.receipt_handle());
}
