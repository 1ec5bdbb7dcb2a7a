// SPDX-License-Identifier: Apache-2.0

package interop

import (
	"net/http"
	"slices"
	"strconv"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

func redrivePolicy(deadLetterURL string, maxReceiveCount int) string {
	return `{"deadLetterTargetArn":"` + arnOf(deadLetterURL) + `","maxReceiveCount":` +
		strconv.Itoa(maxReceiveCount) + `}`
}

// createSourceOf makes a queue whose messages are visible again at once and, after one receive, go
// to the dead-letter queue.
func (f *fixture) createSourceOf(deadLetterURL string) string {
	f.Helper()
	return f.createQueue("VisibilityTimeout", "0", "RedrivePolicy", redrivePolicy(deadLetterURL, 1))
}

// exhaust sends a message and receives it until it is gone.
func (f *fixture) exhaust(queueURL, body string, changes ...sendChange) *sqs.SendMessageOutput {
	f.Helper()
	sent := f.send(queueURL, body, changes...)
	f.wantBodies(f.receive(queueURL), body)
	f.wantBodies(f.receive(queueURL))
	return sent
}

func TestCase_D1_D2_ExhaustedMessageIsMoved(t *testing.T) {
	f := start(t)
	dead := f.createQueue()
	url := f.createSourceOf(dead)
	attributes := one("k", text("String", "x"))
	trace := "Root=1-5759e988-bd862e3fe1be46a994272793"
	sent := f.exhaust(url, "m", with(attributes), func(in *sqs.SendMessageInput) {
		in.MessageSystemAttributes = map[string]types.MessageSystemAttributeValue{
			"AWSTraceHeader": {DataType: aws.String("String"), StringValue: &trace},
		}
	})
	moved := f.receiveOne(dead, waiting(20))
	equal(t, "MessageId", *moved.MessageId, *sent.MessageId)
	equal(t, "Body", *moved.Body, "m")
	equal(t, "MD5OfBody", *moved.MD5OfBody, *sent.MD5OfMessageBody)
	equal(t, "MD5OfMessageAttributes", *moved.MD5OfMessageAttributes, *sent.MD5OfMessageAttributes)
	equal(t, "count", moved.Attributes["ApproximateReceiveCount"], "2")
	equal(t, "source", moved.Attributes["DeadLetterQueueSourceArn"], arnOf(url))
	equal(t, "AWSTraceHeader", moved.Attributes["AWSTraceHeader"], trace)
}

func TestCase_D3_FifoGroupGoesOnAfterAMove(t *testing.T) {
	f := start(t)
	dead := f.createFifo("ContentBasedDeduplication", "true")
	url := f.createFifo("ContentBasedDeduplication", "true", "VisibilityTimeout", "0",
		"RedrivePolicy", redrivePolicy(dead, 2))
	f.send(url, "bad", inGroup("g", ""))
	for range 2 {
		f.wantBodies(f.receive(url), "bad")
	}
	f.wantBodies(f.receive(url))
	moved := f.receiveOne(dead, waiting(20))
	equal(t, "Body", *moved.Body, "bad")
	equal(t, "MessageGroupId", moved.Attributes["MessageGroupId"], "g")
	f.send(url, "good", inGroup("g", ""))
	f.wantBodies(f.receive(url), "good")
}

func TestCase_D4_CountIsReturnedAsItWasGiven(t *testing.T) {
	f := start(t)
	dead := f.createQueue()
	number := `{"deadLetterTargetArn":"` + arnOf(dead) + `","maxReceiveCount":7}`
	quoted := `{"deadLetterTargetArn":"` + arnOf(dead) + `","maxReceiveCount":"42"}`
	url := f.createQueue("RedrivePolicy", number)
	equal(t, "number", f.attributes(url)["RedrivePolicy"], number)
	f.set(url, "RedrivePolicy", quoted)
	equal(t, "text", f.attributes(url)["RedrivePolicy"], quoted)
}

func TestCase_D5_D6_D8_D9_PoliciesThatAreRefused(t *testing.T) {
	f := start(t)
	url := f.createQueue()
	arn := arnOf(f.createQueue())
	without := "Redrive policy does not contain mandatory attribute: "
	target := `{"deadLetterTargetArn":"` + arn
	for policy, reason := range map[string]string{
		target + `"}`:           without + "maxReceiveCount.",
		`{"maxReceiveCount":3}`: without + "deadLetterTargetArn.",
		target + `","maxReceiveCount":1001}`: "Invalid value for maxReceiveCount: 1001, " +
			"valid values are from 1 to 1000 both inclusive.",
		target + `x","maxReceiveCount":3}`: "Dead letter target does not exist.",
		`{"deadLetterTargetArn":"dummy","maxReceiveCount":3}`: "Invalid value for " +
			"deadLetterTargetArn.",
	} {
		badParameter(t, f.trySet(url, "RedrivePolicy", policy),
			"Value "+policy+" for parameter RedrivePolicy is invalid. Reason: "+reason)
	}
	refused[*types.InvalidAttributeValue](t, f.trySet(url, "RedrivePolicy", "no JSON"),
		"InvalidAttributeValue", http.StatusBadRequest,
		"Invalid value for the parameter RedrivePolicy. Reason: Redrive policy is not a valid JSON map.")
}

func TestCase_D7_SourcesOfADeadLetterQueue(t *testing.T) {
	f := start(t)
	dead := f.createQueue()
	listed := func() []string {
		t.Helper()
		found := []string{}
		paginator := sqs.NewListDeadLetterSourceQueuesPaginator(f.sqs,
			&sqs.ListDeadLetterSourceQueuesInput{QueueUrl: &dead, MaxResults: aws.Int32(2)})
		for paginator.HasMorePages() {
			page, err := paginator.NextPage(f.ctx)
			f.must(err)
			if len(page.QueueUrls) > 2 {
				t.Errorf("a page of %d", len(page.QueueUrls))
			}
			found = append(found, page.QueueUrls...)
		}
		slices.Sort(found)
		return found
	}
	equal(t, "sources of a queue that is no DLQ", len(listed()), 0)
	want := []string{}
	for range 5 {
		want = append(want, f.createSourceOf(dead))
	}
	slices.Sort(want)
	if got := listed(); !slices.Equal(got, want) {
		t.Errorf("listed %q", got)
	}
	f.set(want[0], "RedrivePolicy", "")
	if got := listed(); !slices.Equal(got, want[1:]) {
		t.Errorf("listed %q after one left", got)
	}
}
