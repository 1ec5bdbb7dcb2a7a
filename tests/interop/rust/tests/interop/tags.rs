// SPDX-License-Identifier: Apache-2.0

use crate::fixture::*;
use std::collections::HashMap;

async fn tags(f: &Fixture, queue_url: &str) -> Option<HashMap<String, String>> {
    let call = f.sqs.list_queue_tags().queue_url(queue_url);
    must(call.send().await).tags
}

fn map(tags: &[(&str, &str)]) -> Option<HashMap<String, String>> {
    let owned = |(key, value): &(&str, &str)| (key.to_string(), value.to_string());
    Some(tags.iter().map(owned).collect())
}

async fn untag(f: &Fixture, queue_url: &str, keys: &[&str]) {
    let keys = keys.iter().map(|key| key.to_string()).collect();
    let call = f.sqs.untag_queue().queue_url(queue_url);
    must(call.set_tag_keys(Some(keys)).send().await);
}

#[tokio::test]
async fn case_g1_g2_tags_of_a_new_queue() {
    let f = Fixture::new();
    let all = map(&[("tag1", "value1"), ("tag2", "value2"), ("tag3", "")]);
    let call = f.sqs.create_queue().queue_name(unique_name());
    let url = must(call.set_tags(all.clone()).send().await).queue_url.unwrap();
    assert_eq!(tags(&f, &url).await, all);
    untag(&f, &url, &["tag1", "tag3"]).await;
    assert_eq!(tags(&f, &url).await, map(&[("tag2", "value2")]));
    untag(&f, &url, &["tag2"]).await;
    assert_eq!(tags(&f, &url).await, None);
}

#[tokio::test]
async fn case_g3_g4_g5_tags_are_replaced_by_key() {
    let f = Fixture::new();
    let url = f.create(&[]).await;
    let tag = |key, value| f.sqs.tag_queue().queue_url(&url).tags(key, value);
    must(tag("MyTag", "one").tags("mytag", "two").send().await);
    must(tag("MyTag", "drei é").send().await);
    untag(&f, &url, &["MYTAG"]).await;
    let want = map(&[("MyTag", "drei é"), ("mytag", "two")]);
    assert_eq!(tags(&f, &url).await, want);
}

#[tokio::test]
async fn case_g6_tags_of_an_unknown_queue() {
    let f = Fixture::new();
    no_such_queue!(f.sqs.list_queue_tags().queue_url(unknown_url()).send().await);
}
