// SPDX-License-Identifier: Apache-2.0

package interop

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

// sendGroups sends bodies such as g1-m1; what stands before the hyphen is the group.
func (f *fixture) sendGroups(queueURL string, all ...string) {
	f.Helper()
	for _, body := range all {
		group, _, _ := strings.Cut(body, "-")
		f.send(queueURL, body, inGroup(group, body))
	}
}

func TestCase_F1_OneAnswerHoldsSeveralOfAGroup(t *testing.T) {
	f := start(t)
	url := f.createFifo()
	f.sendGroups(url, "g1-m1", "g2-m1", "g1-m2", "g1-m3")
	f.wantBodies(f.receive(url), "g1-m1", "g1-m2", "g1-m3", "g2-m1")
}

func TestCase_F2_F5_GroupInFlightIsLocked(t *testing.T) {
	f := start(t)
	url := f.createFifo()
	f.sendGroups(url, "g1-m1", "g1-m2", "g1-m3", "g1-m4", "g2-m1")
	held := f.receive(url, atMost(2))
	f.wantBodies(held, "g1-m1", "g1-m2")
	f.wantBodies(f.receive(url), "g2-m1")
	f.change(url, held[0], 0)
	f.wantBodies(f.receive(url), "g1-m1")
}

func TestCase_F10_F11_F12_DeletesUnlockAGroup(t *testing.T) {
	f := start(t)
	url := f.createFifo()
	f.sendGroups(url, "g1-m1", "g1-m2", "g1-m3", "g1-m4")
	held := f.receive(url, atMost(2))
	f.delete(url, held[0])
	f.wantBodies(f.receive(url))
	f.delete(url, held[1])
	rest := f.receive(url)
	f.wantBodies(rest, "g1-m3", "g1-m4")
	for _, message := range rest {
		f.delete(url, message)
	}
	f.sendGroups(url, "g1-m5")
	f.wantBodies(f.receive(url), "g1-m5")
}

func TestCase_F15_F16_SameIdIsDropped(t *testing.T) {
	f := start(t)
	url := f.createFifo()
	first := f.send(url, "body", inGroup("g", "id"))
	second := f.send(url, "another body", inGroup("g", "id"))
	equal(t, "MessageId", *second.MessageId, *first.MessageId)
	equal(t, "SequenceNumber", *second.SequenceNumber, *first.SequenceNumber)
	equal(t, "digest", *second.MD5OfMessageBody, md5Hex("another body"))
	message := f.receiveOne(url)
	equal(t, "Body", *message.Body, "body")
	f.delete(url, message)
	f.send(url, "once more", inGroup("g", "id"))
	f.wantBodies(f.receive(url))
}

func TestCase_F17_F18_ScopeOfDeduplication(t *testing.T) {
	f := start(t)
	queueScope := f.createFifo()
	groupScope := f.createFifo("DeduplicationScope", "messageGroup",
		"FifoThroughputLimit", "perMessageGroupId")
	for _, url := range []string{queueScope, groupScope} {
		f.send(url, "one", inGroup("g1", "id"))
		f.send(url, "two", inGroup("g2", "id"))
	}
	f.wantBodies(f.receive(queueScope), "one")
	f.wantBodies(f.receive(groupScope), "one", "two")
}

func TestCase_F24_P5_PurgeForgetsIds(t *testing.T) {
	f := start(t)
	url := f.createFifo()
	f.send(url, "before", inGroup("g", "id"))
	_, err := f.sqs.PurgeQueue(f.ctx, &sqs.PurgeQueueInput{QueueUrl: &url})
	f.must(err)
	f.send(url, "after", inGroup("g", "id"))
	f.wantBodies(f.receive(url), "after")
}

func TestCase_F25_F26_SequenceNumbers(t *testing.T) {
	f := start(t)
	url := f.createFifo("VisibilityTimeout", "0")
	sequence := []string{}
	for _, id := range []string{"a", "b", "c"} {
		number := aws.ToString(f.send(url, id, inGroup("g", id)).SequenceNumber)
		equal(t, "digits", len(number), 20)
		sequence = append(sequence, number)
	}
	if !slices.IsSorted(sequence) || len(slices.Compact(slices.Clone(sequence))) != 3 {
		t.Errorf("not ascending: %q", sequence)
	}
	names := []string{
		"ApproximateFirstReceiveTimestamp", "ApproximateReceiveCount", "MessageDeduplicationId",
		"MessageGroupId", "SenderId", "SentTimestamp", "SequenceNumber",
	}
	for range 2 {
		for i, message := range f.receive(url) {
			equal(t, "SequenceNumber", message.Attributes["SequenceNumber"], sequence[i])
			if got := slices.Sorted(maps.Keys(message.Attributes)); !slices.Equal(got, names) {
				t.Errorf("All gives %q", got)
			}
		}
	}
}

func TestCase_F27_ContentBasedDeduplication(t *testing.T) {
	f := start(t)
	url := f.createFifo("ContentBasedDeduplication", "true")
	f.send(url, "body", inGroup("g", ""))
	f.send(url, "body", inGroup("g", ""), with(one("k", text("String", "not part of the content"))))
	f.send(url, "body", inGroup("g", "explicit-id"))
	messages := f.receive(url)
	f.wantBodies(messages, "body", "body")
	sum := sha256.Sum256([]byte("body"))
	equal(t, "by content", messages[0].Attributes["MessageDeduplicationId"],
		hex.EncodeToString(sum[:]))
	equal(t, "explicit", messages[1].Attributes["MessageDeduplicationId"], "explicit-id")
}

func TestCase_S24_S25_S26_S27_ParametersOfAFifoSend(t *testing.T) {
	f := start(t)
	url := f.createFifo()
	_, err := f.trySend(url, "m")
	refused[generic](t, err, missingParameter, http.StatusBadRequest,
		"The request must contain the parameter MessageGroupId.")
	_, err = f.trySend(url, "m", inGroup("g", ""))
	badParameter(t, err, "The queue should either have ContentBasedDeduplication enabled or "+
		"MessageDeduplicationId provided explicitly")
	_, err = f.trySend(url, "m", inGroup("g", "d"), delayedBy(2))
	badParameter(t, err, "Value 2 for parameter DelaySeconds is invalid. Reason: "+
		"The request include parameter that is not valid for this queue type.")
	for _, id := range []string{"with blank", strings.Repeat("d", 129)} {
		_, err = f.trySend(url, "m", inGroup("g", id))
		badParameter(t, err, "Value "+id+" for parameter MessageDeduplicationId is invalid. Reason: "+
			"MessageDeduplicationId can only include alphanumeric and punctuation characters. "+
			"1 to 128 in length.")
	}
	f.send(url, "m", inGroup("g", strings.Repeat("d", 128)))
}
