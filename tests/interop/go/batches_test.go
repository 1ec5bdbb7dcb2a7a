// SPDX-License-Identifier: Apache-2.0

package interop

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

const servicePrefix = "AWS.SimpleQueueService."

func entry(id, body string) types.SendMessageBatchRequestEntry {
	return types.SendMessageBatchRequestEntry{Id: &id, MessageBody: &body}
}

// numbered makes entries with the ids id_0, id_1 ... and the bodies 0, 1 ...
func numbered(count int) []types.SendMessageBatchRequestEntry {
	made := []types.SendMessageBatchRequestEntry{}
	for i := range count {
		made = append(made, entry("id_"+strconv.Itoa(i), strconv.Itoa(i)))
	}
	return made
}

func (f *fixture) trySendBatch(
	queueURL string, entries ...types.SendMessageBatchRequestEntry,
) (*sqs.SendMessageBatchOutput, error) {
	if entries == nil {
		entries = []types.SendMessageBatchRequestEntry{}
	}
	return f.sqs.SendMessageBatch(f.ctx, &sqs.SendMessageBatchInput{
		QueueUrl: &queueURL, Entries: entries,
	})
}

func (f *fixture) sendBatch(
	queueURL string, entries ...types.SendMessageBatchRequestEntry,
) *sqs.SendMessageBatchOutput {
	f.Helper()
	out, err := f.trySendBatch(queueURL, entries...)
	f.must(err)
	return out
}

func (f *fixture) tryDeleteBatch(
	queueURL string, handles map[string]string,
) (*sqs.DeleteMessageBatchOutput, error) {
	entries := []types.DeleteMessageBatchRequestEntry{}
	for id, handle := range handles {
		entries = append(entries, types.DeleteMessageBatchRequestEntry{
			Id: aws.String(id), ReceiptHandle: aws.String(handle),
		})
	}
	return f.sqs.DeleteMessageBatch(f.ctx, &sqs.DeleteMessageBatchInput{
		QueueUrl: &queueURL, Entries: entries,
	})
}

func (f *fixture) tryChangeBatch(
	queueURL string, entries ...types.ChangeMessageVisibilityBatchRequestEntry,
) (*sqs.ChangeMessageVisibilityBatchOutput, error) {
	return f.sqs.ChangeMessageVisibilityBatch(f.ctx, &sqs.ChangeMessageVisibilityBatchInput{
		QueueUrl: &queueURL, Entries: entries,
	})
}

func change(id, handle string, seconds int32) types.ChangeMessageVisibilityBatchRequestEntry {
	return types.ChangeMessageVisibilityBatchRequestEntry{
		Id: &id, ReceiptHandle: &handle, VisibilityTimeout: seconds,
	}
}

func (f *fixture) wantFailed(failed []types.BatchResultErrorEntry, id, code, text string) {
	f.Helper()
	if len(failed) != 1 {
		f.Fatalf("%d entries failed instead of one", len(failed))
	}
	equal(f, "Id", *failed[0].Id, id)
	equal(f, "Code", *failed[0].Code, code)
	equal(f, "Message", aws.ToString(failed[0].Message), text)
	equal(f, "SenderFault", failed[0].SenderFault, true)
}

func TestCase_B1_B14_B15_FullBatch(t *testing.T) {
	f := start(t)
	url := f.createQueue()
	entries := numbered(10)
	entries[3].MessageAttributes = one("k", text("String", "x"))
	sent := f.sendBatch(url, entries...)
	if sent.Failed != nil || len(sent.Successful) != 10 {
		t.Fatalf("%d sent, failed: %v", len(sent.Successful), sent.Failed)
	}
	want := []string{}
	for i, result := range sent.Successful {
		equal(t, "Id", *result.Id, *entries[i].Id)
		equal(t, "digest", *result.MD5OfMessageBody, md5Hex(*entries[i].MessageBody))
		want = append(want, *entries[i].MessageBody)
	}
	equal(t, "attributes", aws.ToString(sent.Successful[3].MD5OfMessageAttributes),
		"a45daa70926828a2f0a1db3418e6feb4")
	got := bodies(f.receive(url))
	if slices.Sort(got); !slices.Equal(got, want) {
		t.Errorf("received %q", got)
	}
}

func TestCase_B2_B13_EmptyBatch(t *testing.T) {
	f := start(t)
	url := f.createQueue()
	empty := func(err error, noun string) {
		t.Helper()
		refused[*types.EmptyBatchRequest](t, err, servicePrefix+"EmptyBatchRequest",
			http.StatusBadRequest, "There should be at least one "+noun+" in the request.")
	}
	_, err := f.trySendBatch(url)
	empty(err, "SendMessageBatchRequestEntry")
	_, err = f.tryDeleteBatch(url, nil)
	empty(err, "DeleteMessageBatchRequestEntry")
}

func TestCase_B3_TooManyEntries(t *testing.T) {
	f := start(t)
	url := f.createQueue()
	tooMany := func(err error) {
		t.Helper()
		refused[*types.TooManyEntriesInBatchRequest](t, err,
			servicePrefix+"TooManyEntriesInBatchRequest", http.StatusBadRequest,
			"Maximum number of entries per request are 10. You have sent 20.")
	}
	_, err := f.trySendBatch(url, numbered(20)...)
	tooMany(err)
	handles, changes := map[string]string{}, []types.ChangeMessageVisibilityBatchRequestEntry{}
	for _, sent := range numbered(20) {
		handles[*sent.Id] = "handle"
		changes = append(changes, change(*sent.Id, "handle", 1))
	}
	_, err = f.tryDeleteBatch(url, handles)
	tooMany(err)
	_, err = f.tryChangeBatch(url, changes...)
	tooMany(err)
}

func TestCase_B4_IdsThatAreNoIds(t *testing.T) {
	f := start(t)
	url := f.createQueue()
	for _, id := range []string{"a:b", "a b", "", strings.Repeat("i", 81)} {
		_, err := f.trySendBatch(url, entry(id, "m"))
		invalidID := func(err error) {
			t.Helper()
			refused[*types.InvalidBatchEntryId](t, err, servicePrefix+"InvalidBatchEntryId",
				http.StatusBadRequest, "A batch entry id can only contain alphanumeric characters, "+
					"hyphens and underscores. It can be at most 80 letters long.")
		}
		invalidID(err)
		_, err = f.tryDeleteBatch(url, map[string]string{id: "handle"})
		invalidID(err)
	}
	f.sendBatch(url, entry(strings.Repeat("i", 80), "m"))
}

func TestCase_B5_EqualIds(t *testing.T) {
	f := start(t)
	_, err := f.trySendBatch(f.createQueue(), entry("a", "1"), entry("b", "2"), entry("b", "3"))
	refused[*types.BatchEntryIdsNotDistinct](t, err, servicePrefix+"BatchEntryIdsNotDistinct",
		http.StatusBadRequest, "Id b repeated.")
}

func TestCase_B6_BatchLongerThanOneMebibyte(t *testing.T) {
	f := start(t)
	url := f.createQueue()
	half := strings.Repeat("x", bodyBytesMax/2)
	f.sendBatch(url, entry("a", half), entry("b", half))
	_, err := f.trySendBatch(url, entry("a", half), entry("b", half+"x"))
	refused[*types.BatchRequestTooLong](t, err, servicePrefix+"BatchRequestTooLong",
		http.StatusBadRequest,
		"Batch requests cannot be longer than 1048576 bytes. You have sent 1048577 bytes.")
}

func TestCase_B7_B8_EntryLongerThanMaximumMessageSize(t *testing.T) {
	f := start(t)
	url := f.createQueue("MaximumMessageSize", "1024")
	exact := entry("exact", strings.Repeat("x", 1024-len("kStringx")))
	exact.MessageAttributes = one("k", text("String", "x"))
	out := f.sendBatch(url, entry("long", strings.Repeat("x", 1025)), exact, entry("small", "m"))
	f.wantFailed(out.Failed, "long", invalidParameter,
		"One or more parameters cannot be validated. Reason: Message must be shorter than 1024 bytes.")
	equal(t, "sent", len(out.Successful), 2)
	f.wantBodies(f.receive(url), *exact.MessageBody, "m")
}

func TestCase_B9_EntryWithAnIllegalCharacter(t *testing.T) {
	f := start(t)
	url := f.createQueue()
	out := f.sendBatch(url, entry("good", "m"), entry("bad", "\x08"), entry("later", "n"))
	f.wantFailed(out.Failed, "bad", "InvalidMessageContents",
		"Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | "+
			"#xE000 to #xFFFD | #x10000 to #x10FFFF")
	f.wantBodies(f.receive(url), "m", "n")
}

func TestCase_B10_B11_FifoEntryWithoutIds(t *testing.T) {
	f := start(t)
	url := f.createFifo()
	grouped := entry("a", "m")
	grouped.MessageGroupId, grouped.MessageDeduplicationId = aws.String("g"), aws.String("d")
	_, err := f.trySendBatch(url, grouped, entry("b", "m"))
	badParameter(t, err, "The request must contain the parameter MessageGroupId.")
	undeduplicated := entry("b", "m")
	undeduplicated.MessageGroupId = aws.String("g")
	_, err = f.trySendBatch(url, grouped, undeduplicated)
	badParameter(t, err, "The queue should either have ContentBasedDeduplication enabled or "+
		"MessageDeduplicationId provided explicitly")
	f.wantBodies(f.receive(url))
}

func TestCase_B12_DeleteBatchWithAnUnknownHandle(t *testing.T) {
	f := start(t)
	url := f.createQueue()
	f.sendBatch(url, numbered(2)...)
	handles := map[string]string{"junk": "junk"}
	for i, message := range f.receive(url) {
		handles["m"+strconv.Itoa(i)] = *message.ReceiptHandle
	}
	out, err := f.tryDeleteBatch(url, handles)
	f.must(err)
	equal(t, "deleted", len(out.Successful), 2)
	f.wantFailed(out.Failed, "junk", "ReceiptHandleIsInvalid",
		`The input receipt handle "junk" is not a valid receipt handle.`)
	equal(t, "left", f.attributes(url)["ApproximateNumberOfMessagesNotVisible"], "0")
}

func TestCase_V3_ChangeBatchWithAnUnknownHandle(t *testing.T) {
	f := start(t)
	url := f.createQueue("VisibilityTimeout", "600")
	f.send(url, "m")
	handle := *f.receiveOne(url).ReceiptHandle
	out, err := f.tryChangeBatch(url, change("good", handle, 1), change("junk", "junk", 1))
	f.must(err)
	f.wantFailed(out.Failed, "junk", "ReceiptHandleIsInvalid",
		`The input receipt handle "junk" is not a valid receipt handle.`)
	equal(t, "changed", len(out.Successful), 1)
	f.wantBodies(f.receive(url, waiting(20)), "m")
}
