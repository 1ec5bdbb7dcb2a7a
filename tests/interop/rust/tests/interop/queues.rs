// SPDX-License-Identifier: Apache-2.0

use crate::fixture::*;
use crate::refusal::Refusal;
use aws_sdk_sqs::error::SdkError;
use aws_sdk_sqs::operation::create_queue::CreateQueueError;
use aws_sdk_sqs::types::QueueAttributeName;
use std::collections::BTreeSet;

async fn try_create(
    f: &Fixture,
    name: &str,
    attributes: &[(&str, &str)],
) -> Result<(), SdkError<CreateQueueError>> {
    let mut call = f.sqs.create_queue().queue_name(name);
    for (name, value) in attributes {
        call = call.attributes(QueueAttributeName::from(*name), *value);
    }
    call.send().await.map(|_| ())
}

#[tokio::test]
async fn case_q1_created_queue_is_found() {
    let f = Fixture::new();
    let name = unique_name();
    let url = f.create_named(&name, &[]).await;
    assert_eq!(url, format!("{}/{ACCOUNT}/{name}", endpoint()));
    let found = must(f.sqs.get_queue_url().queue_name(&name).send().await);
    assert_eq!(found.queue_url(), Some(url.as_str()));
    assert_eq!(f.attribute(&url, "QueueArn").await, Some(arn_of(&url)));
}

#[tokio::test]
async fn case_q2_q3_q4_same_attributes_give_the_same_queue() {
    let f = Fixture::new();
    let (name, timed) = (unique_name(), unique_name());
    let url = f.create_named(&name, &[]).await;
    assert_eq!(f.create_named(&name, &[]).await, url);
    let defaults = [("DelaySeconds", "0"), ("VisibilityTimeout", "30")];
    assert_eq!(f.create_named(&name, &defaults).await, url);
    let sixty_nine = [("VisibilityTimeout", "69")];
    let first = f.create_named(&timed, &sixty_nine).await;
    assert_eq!(f.create_named(&timed, &sixty_nine).await, first);
}

macro_rules! exists_differently {
    ($result:expr, $attribute:expr) => {
        refused!(
            $result,
            QueueNameExists,
            "QueueAlreadyExists",
            400,
            &format!(
                "A queue already exists with the same name and a different value for attribute {}",
                $attribute
            )
        )
    };
}

#[tokio::test]
async fn case_q5_q7_different_attributes() {
    let f = Fixture::new();
    let delayed = f.create(&[("DelaySeconds", "1")]).await;
    let again = try_create(&f, name_of(&delayed), &[("DelaySeconds", "2")]).await;
    exists_differently!(again, "DelaySeconds");

    let changed = f.create(&[]).await;
    f.set(&changed, &[("VisibilityTimeout", "2")]).await;
    let name = name_of(&changed);
    let again = try_create(&f, name, &[("VisibilityTimeout", "1")]).await;
    exists_differently!(again, "VisibilityTimeout");
    must(try_create(&f, name, &[("VisibilityTimeout", "2")]).await);
    must(try_create(&f, name, &[]).await);
}

#[tokio::test]
async fn case_q10_deleted_recently() {
    let f = Fixture::new();
    let url = f.create(&[]).await;
    must(f.sqs.delete_queue().queue_url(&url).send().await);
    refused!(
        try_create(&f, name_of(&url), &[]).await,
        QueueDeletedRecently,
        "AWS.SimpleQueueService.QueueDeletedRecently",
        400,
        "You must wait 60 seconds after deleting a queue before you can create another with \
         the same name."
    );
}

#[tokio::test]
async fn case_q11_q12_q13_names_that_are_no_queue_names() {
    let f = Fixture::new();
    for name in ["a/b", &"n".repeat(81), &(unique_name() + ".fifo")] {
        Refusal::of(try_create(&f, name, &[]).await).expect_bad_parameter(
            "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length",
        );
    }
    let fifo = try_create(&f, &unique_name(), &[("FifoQueue", "true")]).await;
    Refusal::of(fifo).expect_bad_parameter(
        "The name of a FIFO queue can only include alphanumeric characters, hyphens, or \
         underscores, must end with .fifo suffix and be 1 to 80 in length.",
    );
}

#[tokio::test]
async fn case_q14_q16_q40_attributes_that_the_queue_cannot_have() {
    let f = Fixture::new();
    for (attribute, value, text) in [
        ("VisibilityTimeoutSeconds", "300", "Unknown Attribute VisibilityTimeoutSeconds."),
        ("FifoQueue", "false", "Unknown Attribute FifoQueue."),
        (
            "DeduplicationScope",
            "queue",
            "You can specify the DeduplicationScope only when FifoQueue is set to true.",
        ),
    ] {
        let name = unique_name();
        let created = try_create(&f, &name, &[(attribute, value)]).await;
        refused!(created, InvalidAttributeName, "InvalidAttributeName", 400, text);
        no_such_queue!(f.sqs.get_queue_url().queue_name(&name).send().await);
    }
}

#[tokio::test]
async fn case_q38_q39_q41_values_out_of_range() {
    let f = Fixture::new();
    for (attribute, value) in [
        ("VisibilityTimeout", "43201"),
        ("MessageRetentionPeriod", "59"),
        ("MaximumMessageSize", "1048577"),
    ] {
        let created = try_create(&f, &unique_name(), &[(attribute, value)]).await;
        let text = format!("Invalid value for the parameter {attribute}.");
        refused!(created, InvalidAttributeValue, "InvalidAttributeValue", 400, &text);
    }
    let pair = [("FifoQueue", "true"), ("FifoThroughputLimit", "perMessageGroupId")];
    refused!(
        try_create(&f, &(unique_name() + ".fifo"), &pair).await,
        InvalidAttributeValue,
        "InvalidAttributeValue",
        400,
        "Invalid value for the parameter FifoThroughputLimit. Reason: To set FifoThroughputLimit \
         to perMessageGroupId, the DeduplicationScope must be messageGroup."
    );
}

#[tokio::test]
async fn case_q19_q20_all_attributes() {
    let f = Fixture::new();
    let standard = f.attributes(&f.create(&[]).await).await;
    let fifo = f.attributes(&f.create_fifo(&[]).await).await;
    let names: BTreeSet<&str> = standard.keys().map(|name| name.as_str()).collect();
    let want = BTreeSet::from([
        "ApproximateNumberOfMessages",
        "ApproximateNumberOfMessagesDelayed",
        "ApproximateNumberOfMessagesNotVisible",
        "CreatedTimestamp",
        "DelaySeconds",
        "LastModifiedTimestamp",
        "MaximumMessageSize",
        "MessageRetentionPeriod",
        "QueueArn",
        "ReceiveMessageWaitTimeSeconds",
        "SqsManagedSseEnabled",
        "VisibilityTimeout",
    ]);
    assert_eq!(names, want);
    assert_eq!(standard[&QueueAttributeName::MaximumMessageSize], "1048576");
    assert_eq!(standard[&QueueAttributeName::SqsManagedSseEnabled], "true");
    assert_eq!(fifo.len(), want.len() + 4);
    assert_eq!(fifo[&QueueAttributeName::FifoQueue], "true");
    assert_eq!(fifo[&QueueAttributeName::DeduplicationScope], "queue");
    assert_eq!(fifo[&QueueAttributeName::FifoThroughputLimit], "perQueue");
    assert_eq!(fifo[&QueueAttributeName::ContentBasedDeduplication], "false");
}

#[tokio::test]
async fn case_q21_q22_q23_chosen_attributes() {
    let f = Fixture::new();
    let url = f.create(&[]).await;
    let asking = || f.sqs.get_queue_attributes().queue_url(&url);
    assert_eq!(must(asking().send().await).attributes(), None);
    let arn = asking().attribute_names(QueueAttributeName::QueueArn);
    let want = Attributes::from([(QueueAttributeName::QueueArn, arn_of(&url))]);
    assert_eq!(must(arn.send().await).attributes, Some(want));
    refused!(
        asking().attribute_names("Foobar".into()).send().await,
        InvalidAttributeName,
        "InvalidAttributeName",
        400,
        "Unknown Attribute Foobar."
    );
}

#[tokio::test]
async fn case_q24_set_attributes_are_merged() {
    let f = Fixture::new();
    let created = [
        ("MessageRetentionPeriod", "604800"),
        ("ReceiveMessageWaitTimeSeconds", "10"),
        ("VisibilityTimeout", "20"),
    ];
    let set =
        [("MaximumMessageSize", "2048"), ("VisibilityTimeout", "69"), ("DelaySeconds", "420")];
    let url = f.create(&created).await;
    f.set(&url, &set).await;
    let got = f.attributes(&url).await;
    for (name, value) in [&created[..2], &set[..]].concat() {
        assert_eq!(got[&QueueAttributeName::from(name)], value, "{name}");
    }
}

#[tokio::test]
async fn case_q25_q26_type_of_a_queue_stays() {
    let f = Fixture::new();
    let standard = f.create(&[]).await;
    refused!(
        f.try_set(&standard, &[("FifoQueue", "true")]).await,
        InvalidAttributeName,
        "InvalidAttributeName",
        400,
        "Unknown Attribute FifoQueue."
    );
    let fifo = f.create_fifo(&[]).await;
    f.set(&fifo, &[("FifoQueue", "true")]).await;
    refused!(
        f.try_set(&fifo, &[("FifoQueue", "false")]).await,
        InvalidAttributeValue,
        "InvalidAttributeValue",
        400,
        "Invalid value for the parameter FifoQueue. Reason: Modifying queue type is not supported."
    );
}

#[tokio::test]
async fn case_q28_q29_q30_empty_text_removes_a_policy() {
    let f = Fixture::new();
    let (url, dead) = (f.create(&[]).await, f.create(&[]).await);
    f.set(&url, &[("RedrivePolicy", "")]).await;
    let policy = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Sid":"s","Effect":"Allow",
            "Principal":"*","Action":"sqs:SendMessage","Resource":"{}"}}]}}"#,
        arn_of(&url)
    );
    let redrive = format!(r#"{{"deadLetterTargetArn":"{}","maxReceiveCount":3}}"#, arn_of(&dead));
    f.set(&url, &[("Policy", &policy), ("RedrivePolicy", &redrive)]).await;
    assert_eq!(f.attribute(&url, "Policy").await, Some(policy));
    assert_eq!(f.attribute(&url, "RedrivePolicy").await, Some(redrive));
    f.set(&url, &[("Policy", ""), ("RedrivePolicy", "")]).await;
    assert_eq!(f.attribute(&url, "Policy").await, None);
    assert_eq!(f.attribute(&url, "RedrivePolicy").await, None);
}

#[tokio::test]
async fn case_q31_q32_q33_one_kind_of_encryption() {
    let f = Fixture::new();
    let (key, reuse, managed) = (
        QueueAttributeName::KmsMasterKeyId,
        QueueAttributeName::KmsDataKeyReusePeriodSeconds,
        QueueAttributeName::SqsManagedSseEnabled,
    );
    let kms = [(key.as_str(), "testKeyId"), (reuse.as_str(), "6000")];
    let url = f.create(&kms).await;
    let with = f.attributes(&url).await;
    assert_eq!((with[&key].as_str(), with[&reuse].as_str()), ("testKeyId", "6000"));
    assert_eq!(with[&managed], "false");
    refused!(
        f.try_set(&url, &[(managed.as_str(), "true")]).await,
        InvalidAttributeName,
        "InvalidAttributeName",
        400,
        "You can use one type of server-side encryption (SSE) at one time. \
         You can either enable KMS SSE or SQS SSE."
    );
    f.set(&url, &[(key.as_str(), ""), (reuse.as_str(), "300")]).await;
    let without = f.attributes(&url).await;
    assert_eq!((without.get(&key), without.get(&reuse)), (None, None));
    assert_eq!(without[&managed], "false");
}

#[tokio::test]
async fn case_q34_q35_paginator() {
    let f = Fixture::new();
    let prefix = unique_name();
    let mut want = Vec::new();
    for number in 0..10 {
        want.push(f.create_named(&format!("{prefix}-{number}"), &[]).await);
    }
    let list = f.sqs.list_queues().queue_name_prefix(&prefix);
    let mut pages = list.into_paginator().page_size(3).send();
    let (mut got, mut count) = (Vec::new(), 0);
    while let Some(page) = pages.next().await {
        got.extend(must(page).queue_urls.unwrap());
        count += 1;
    }
    got.sort();
    assert_eq!((got, count), (want, 4));
    let none = f.sqs.list_queues().queue_name_prefix(prefix + "-x");
    let none = must(none.send().await);
    assert_eq!((none.queue_urls, none.next_token), (None, None));
}

#[tokio::test]
async fn case_q37_t7_unknown_queue() {
    let f = Fixture::new();
    no_such_queue!(f.sqs.get_queue_url().queue_name(unique_name()).send().await);
    let url = unknown_url();
    no_such_queue!(f.message(&url, "m").send().await);
    no_such_queue!(f.sqs.delete_queue().queue_url(&url).send().await);
    no_such_queue!(f.try_set(&url, &[("DelaySeconds", "1")]).await);
}

#[tokio::test]
async fn case_t4_t5_t9_forms_of_queue_url() {
    let f = Fixture::new();
    let url = f.create(&[]).await;
    let name = name_of(&url);
    let foreign = format!("https://sqs.us-east-1.amazonaws.com/{ACCOUNT}/{name}");
    f.send(&foreign, "foreign host").await;
    f.send(name, "bare name").await;
    f.expect(&url, &["foreign host", "bare name"]).await;
    no_such_queue!(f.message("http://whatever", "m").send().await);
}

#[tokio::test]
async fn case_p1_p2_p3_p4_purge() {
    let f = Fixture::new();
    let url = f.create(&[]).await;
    f.send(&url, "in flight").await;
    f.receive_one(&url).await;
    f.send(&url, "visible").await;
    must(f.message(&url, "delayed").delay_seconds(900).send().await);
    must(f.sqs.purge_queue().queue_url(&url).send().await);
    for state in ["", "NotVisible", "Delayed"] {
        let count = f.attribute(&url, &format!("ApproximateNumberOfMessages{state}")).await;
        assert_eq!(count.as_deref(), Some("0"), "{state}");
    }
    refused!(
        f.sqs.purge_queue().queue_url(&url).send().await,
        PurgeQueueInProgress,
        "AWS.SimpleQueueService.PurgeQueueInProgress",
        403,
        &format!("Only one PurgeQueue operation on {} is allowed every 60 seconds.", name_of(&url))
    );
}
