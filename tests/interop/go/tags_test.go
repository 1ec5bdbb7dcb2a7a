// SPDX-License-Identifier: Apache-2.0

package interop

import (
	"maps"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

func (f *fixture) wantTags(queueURL string, want map[string]string) {
	f.Helper()
	out, err := f.sqs.ListQueueTags(f.ctx, &sqs.ListQueueTagsInput{QueueUrl: &queueURL})
	f.must(err)
	if !maps.Equal(out.Tags, want) || (out.Tags == nil) != (want == nil) {
		f.Fatalf("tags %v, want %v", out.Tags, want)
	}
}

func (f *fixture) tag(queueURL string, flat ...string) {
	f.Helper()
	_, err := f.sqs.TagQueue(f.ctx, &sqs.TagQueueInput{QueueUrl: &queueURL, Tags: pairs(flat)})
	f.must(err)
}

func (f *fixture) untag(queueURL string, keys ...string) {
	f.Helper()
	_, err := f.sqs.UntagQueue(f.ctx, &sqs.UntagQueueInput{QueueUrl: &queueURL, TagKeys: keys})
	f.must(err)
}

func TestCase_G1_G2_TagsOfANewQueue(t *testing.T) {
	f := start(t)
	name := uniqueName()
	tags := map[string]string{"tag1": "value1", "tag2": "value2", "tag3": ""}
	out, err := f.sqs.CreateQueue(f.ctx, &sqs.CreateQueueInput{QueueName: &name, Tags: tags})
	f.must(err)
	f.wantTags(*out.QueueUrl, tags)
	f.untag(*out.QueueUrl, "tag1", "tag3")
	f.wantTags(*out.QueueUrl, map[string]string{"tag2": "value2"})
	f.untag(*out.QueueUrl, "tag2")
	f.wantTags(*out.QueueUrl, nil)
}

func TestCase_G3_G4_G5_TagsAreReplacedByKey(t *testing.T) {
	f := start(t)
	url := f.createQueue()
	f.tag(url, "MyTag", "one", "mytag", "two")
	f.tag(url, "MyTag", "drei \u00e9")
	f.untag(url, "MYTAG")
	f.wantTags(url, map[string]string{"MyTag": "drei \u00e9", "mytag": "two"})
}

func TestCase_G6_TagsOfAnUnknownQueue(t *testing.T) {
	f := start(t)
	url := endpoint + "/" + account + "/" + uniqueName()
	_, err := f.sqs.ListQueueTags(f.ctx, &sqs.ListQueueTagsInput{QueueUrl: &url})
	refused[*types.QueueDoesNotExist](t, err, noSuchQueue, http.StatusBadRequest, noSuchQueueText)
}
