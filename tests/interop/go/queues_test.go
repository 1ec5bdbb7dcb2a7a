// SPDX-License-Identifier: Apache-2.0

package interop

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

func (f *fixture) tryCreate(name string, attributes ...string) error {
	_, err := f.sqs.CreateQueue(f.ctx, &sqs.CreateQueueInput{
		QueueName: &name, Attributes: pairs(attributes),
	})
	return err
}

func TestCase_Q1_CreatedQueueIsFound(t *testing.T) {
	f := start(t)
	name := uniqueName()
	url := f.createNamed(name, nil)
	equal(t, "QueueUrl", url, endpoint+"/"+account+"/"+name)
	found, err := f.sqs.GetQueueUrl(f.ctx, &sqs.GetQueueUrlInput{QueueName: &name})
	f.must(err)
	equal(t, "found", *found.QueueUrl, url)
	equal(t, "QueueArn", f.attributes(url)["QueueArn"], arnOf(url))
}

func TestCase_Q2_Q3_Q4_SameAttributesGiveTheSameQueue(t *testing.T) {
	f := start(t)
	name, timed := uniqueName(), uniqueName()
	url := f.createNamed(name, nil)
	equal(t, "without attributes", f.createNamed(name, nil), url)
	defaults := map[string]string{"DelaySeconds": "0", "VisibilityTimeout": "30"}
	equal(t, "explicit defaults", f.createNamed(name, defaults), url)
	sixtyNine := map[string]string{"VisibilityTimeout": "69"}
	equal(t, "same value", f.createNamed(timed, sixtyNine), f.createNamed(timed, sixtyNine))
}

func TestCase_Q5_Q7_DifferentAttributes(t *testing.T) {
	f := start(t)
	exists := func(err error, attribute string) {
		t.Helper()
		refused[*types.QueueNameExists](t, err, "QueueAlreadyExists", http.StatusBadRequest,
			"A queue already exists with the same name and a different value for attribute "+attribute)
	}
	delayed := f.createQueue("DelaySeconds", "1")
	exists(f.tryCreate(nameOf(delayed), "DelaySeconds", "2"), "DelaySeconds")

	changed := f.createQueue()
	f.set(changed, "VisibilityTimeout", "2")
	exists(f.tryCreate(nameOf(changed), "VisibilityTimeout", "1"), "VisibilityTimeout")
	f.must(f.tryCreate(nameOf(changed), "VisibilityTimeout", "2"))
	f.must(f.tryCreate(nameOf(changed)))
}

func TestCase_Q10_DeletedRecently(t *testing.T) {
	f := start(t)
	url := f.createQueue()
	_, err := f.sqs.DeleteQueue(f.ctx, &sqs.DeleteQueueInput{QueueUrl: &url})
	f.must(err)
	refused[*types.QueueDeletedRecently](t, f.tryCreate(nameOf(url)),
		"AWS.SimpleQueueService.QueueDeletedRecently", http.StatusBadRequest,
		"You must wait 60 seconds after deleting a queue before you can create another with the "+
			"same name.")
}

func TestCase_Q11_Q12_Q13_NamesThatAreNoQueueNames(t *testing.T) {
	f := start(t)
	const standard = "Can only include alphanumeric characters, hyphens, or underscores. " +
		"1 to 80 in length"
	badParameter(t, f.tryCreate("a/b"), standard)
	badParameter(t, f.tryCreate(strings.Repeat("n", 81)), standard)
	badParameter(t, f.tryCreate(uniqueName()+".fifo"), standard)
	badParameter(t, f.tryCreate(uniqueName(), "FifoQueue", "true"),
		"The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, "+
			"must end with .fifo suffix and be 1 to 80 in length.")
}

func TestCase_Q14_Q16_Q40_AttributesThatTheQueueCannotHave(t *testing.T) {
	f := start(t)
	for _, row := range []struct{ attribute, value, text string }{
		{"VisibilityTimeoutSeconds", "300", "Unknown Attribute VisibilityTimeoutSeconds."},
		{"FifoQueue", "false", "Unknown Attribute FifoQueue."},
		{"DeduplicationScope", "queue",
			"You can specify the DeduplicationScope only when FifoQueue is set to true."},
	} {
		name := uniqueName()
		refused[*types.InvalidAttributeName](t, f.tryCreate(name, row.attribute, row.value),
			"InvalidAttributeName", http.StatusBadRequest, row.text)
		_, err := f.sqs.GetQueueUrl(f.ctx, &sqs.GetQueueUrlInput{QueueName: &name})
		refused[*types.QueueDoesNotExist](t, err, noSuchQueue, http.StatusBadRequest, noSuchQueueText)
	}
}

func TestCase_Q38_Q39_Q41_ValuesOutOfRange(t *testing.T) {
	f := start(t)
	for attribute, value := range map[string]string{
		"VisibilityTimeout": "43201", "MessageRetentionPeriod": "59", "MaximumMessageSize": "1048577",
	} {
		refused[*types.InvalidAttributeValue](t, f.tryCreate(uniqueName(), attribute, value),
			"InvalidAttributeValue", http.StatusBadRequest,
			"Invalid value for the parameter "+attribute+".")
	}
	err := f.tryCreate(uniqueName()+".fifo", "FifoQueue", "true",
		"FifoThroughputLimit", "perMessageGroupId")
	refused[*types.InvalidAttributeValue](t, err, "InvalidAttributeValue", http.StatusBadRequest,
		"Invalid value for the parameter FifoThroughputLimit. Reason: To set FifoThroughputLimit to "+
			"perMessageGroupId, the DeduplicationScope must be messageGroup.")
}

func TestCase_Q19_Q20_AllAttributes(t *testing.T) {
	f := start(t)
	standard, fifo := f.attributes(f.createQueue()), f.attributes(f.createFifo())
	names := []string{
		"ApproximateNumberOfMessages", "ApproximateNumberOfMessagesDelayed",
		"ApproximateNumberOfMessagesNotVisible", "CreatedTimestamp", "DelaySeconds",
		"LastModifiedTimestamp", "MaximumMessageSize", "MessageRetentionPeriod", "QueueArn",
		"ReceiveMessageWaitTimeSeconds", "SqsManagedSseEnabled", "VisibilityTimeout",
	}
	if got := slices.Sorted(maps.Keys(standard)); !slices.Equal(got, names) {
		t.Errorf("attributes of a standard queue: %q", got)
	}
	equal(t, "MaximumMessageSize", standard["MaximumMessageSize"], "1048576")
	equal(t, "SqsManagedSseEnabled", standard["SqsManagedSseEnabled"], "true")
	equal(t, "attributes of a FIFO queue", len(fifo), len(names)+4)
	equal(t, "FifoQueue", fifo["FifoQueue"], "true")
	equal(t, "DeduplicationScope", fifo["DeduplicationScope"], "queue")
	equal(t, "FifoThroughputLimit", fifo["FifoThroughputLimit"], "perQueue")
	equal(t, "ContentBasedDeduplication", fifo["ContentBasedDeduplication"], "false")
}

func TestCase_Q21_Q22_Q23_ChosenAttributes(t *testing.T) {
	f := start(t)
	url := f.createQueue()
	none, err := f.sqs.GetQueueAttributes(f.ctx, &sqs.GetQueueAttributesInput{QueueUrl: &url})
	f.must(err)
	if none.Attributes != nil {
		t.Errorf("attributes nobody asked for: %v", none.Attributes)
	}
	arn := f.attributes(url, types.QueueAttributeNameQueueArn)
	if !maps.Equal(arn, map[string]string{"QueueArn": arnOf(url)}) {
		t.Errorf("only QueueArn was asked for: %v", arn)
	}
	_, err = f.sqs.GetQueueAttributes(f.ctx, &sqs.GetQueueAttributesInput{
		QueueUrl: &url, AttributeNames: []types.QueueAttributeName{"Foobar"},
	})
	refused[*types.InvalidAttributeName](t, err, "InvalidAttributeName", http.StatusBadRequest,
		"Unknown Attribute Foobar.")
}

func TestCase_Q24_SetAttributesAreMerged(t *testing.T) {
	f := start(t)
	want := map[string]string{
		"MessageRetentionPeriod": "604800", "ReceiveMessageWaitTimeSeconds": "10",
		"VisibilityTimeout": "69", "MaximumMessageSize": "2048", "DelaySeconds": "420",
	}
	url := f.createQueue("MessageRetentionPeriod", "604800", "ReceiveMessageWaitTimeSeconds", "10",
		"VisibilityTimeout", "20")
	f.set(url, "MaximumMessageSize", "2048", "VisibilityTimeout", "69", "DelaySeconds", "420")
	got := f.attributes(url)
	for name, value := range want {
		equal(t, name, got[name], value)
	}
}

func TestCase_Q25_Q26_TypeOfAQueueStays(t *testing.T) {
	f := start(t)
	refused[*types.InvalidAttributeName](t, f.trySet(f.createQueue(), "FifoQueue", "true"),
		"InvalidAttributeName", http.StatusBadRequest, "Unknown Attribute FifoQueue.")
	fifo := f.createFifo()
	f.set(fifo, "FifoQueue", "true")
	refused[*types.InvalidAttributeValue](t, f.trySet(fifo, "FifoQueue", "false"),
		"InvalidAttributeValue", http.StatusBadRequest,
		"Invalid value for the parameter FifoQueue. Reason: Modifying queue type is not supported.")
}

func TestCase_Q28_Q29_Q30_EmptyTextRemovesAPolicy(t *testing.T) {
	f := start(t)
	url := f.createQueue()
	f.set(url, "RedrivePolicy", "")
	policy := `{"Version":"2012-10-17","Statement":[{"Sid":"s","Effect":"Allow","Principal":"*",` +
		`"Action":"sqs:SendMessage","Resource":"` + arnOf(url) + `"}]}`
	redrive := `{"deadLetterTargetArn":"` + arnOf(f.createQueue()) + `","maxReceiveCount":3}`
	f.set(url, "Policy", policy, "RedrivePolicy", redrive)
	equal(t, "Policy", f.attributes(url)["Policy"], policy)
	equal(t, "RedrivePolicy", f.attributes(url)["RedrivePolicy"], redrive)
	f.set(url, "Policy", "", "RedrivePolicy", "")
	for _, name := range []string{"Policy", "RedrivePolicy"} {
		if value, there := f.attributes(url)[name]; there {
			t.Errorf("%s is still there: %q", name, value)
		}
	}
}

func TestCase_Q31_Q32_Q33_OneKindOfEncryption(t *testing.T) {
	f := start(t)
	url := f.createQueue("KmsMasterKeyId", "testKeyId", "KmsDataKeyReusePeriodSeconds", "6000")
	with := f.attributes(url)
	equal(t, "key", with["KmsMasterKeyId"], "testKeyId")
	equal(t, "reuse", with["KmsDataKeyReusePeriodSeconds"], "6000")
	equal(t, "managed", with["SqsManagedSseEnabled"], "false")
	refused[*types.InvalidAttributeName](t, f.trySet(url, "SqsManagedSseEnabled", "true"),
		"InvalidAttributeName", http.StatusBadRequest,
		"You can use one type of server-side encryption (SSE) at one time. "+
			"You can either enable KMS SSE or SQS SSE.")
	f.set(url, "KmsMasterKeyId", "", "KmsDataKeyReusePeriodSeconds", "300")
	without := f.attributes(url)
	equal(t, "key removed", without["KmsMasterKeyId"], "")
	equal(t, "managed stays", without["SqsManagedSseEnabled"], "false")
}

func TestCase_Q34_Q35_Paginator(t *testing.T) {
	f := start(t)
	prefix := uniqueName()
	want := []string{}
	for i := range 10 {
		want = append(want, f.createNamed(prefix+"-"+strconv.Itoa(i), nil))
	}
	got, pages := []string{}, 0
	paginator := sqs.NewListQueuesPaginator(f.sqs, &sqs.ListQueuesInput{
		QueueNamePrefix: &prefix, MaxResults: aws.Int32(3),
	})
	for paginator.HasMorePages() {
		page, err := paginator.NextPage(f.ctx)
		f.must(err)
		pages++
		got = append(got, page.QueueUrls...)
	}
	equal(t, "pages", pages, 4)
	if slices.Sort(got); !slices.Equal(got, want) {
		t.Errorf("listed %q", got)
	}
	none, err := f.sqs.ListQueues(f.ctx, &sqs.ListQueuesInput{
		QueueNamePrefix: aws.String(prefix + "-x"),
	})
	f.must(err)
	if none.QueueUrls != nil || none.NextToken != nil {
		t.Errorf("no queue has this prefix: %v", none.QueueUrls)
	}
}

func TestCase_Q37_T7_UnknownQueue(t *testing.T) {
	f := start(t)
	gone := func(err error) {
		t.Helper()
		refused[*types.QueueDoesNotExist](t, err, noSuchQueue, http.StatusBadRequest, noSuchQueueText)
	}
	name := uniqueName()
	_, err := f.sqs.GetQueueUrl(f.ctx, &sqs.GetQueueUrlInput{QueueName: &name})
	gone(err)
	url := endpoint + "/" + account + "/" + name
	_, err = f.trySend(url, "m")
	gone(err)
	_, err = f.sqs.DeleteQueue(f.ctx, &sqs.DeleteQueueInput{QueueUrl: &url})
	gone(err)
	gone(f.trySet(url, "DelaySeconds", "1"))
}

func TestCase_T4_T5_T9_FormsOfQueueUrl(t *testing.T) {
	f := start(t)
	url := f.createQueue()
	f.send("https://sqs.us-east-1.amazonaws.com/"+account+"/"+nameOf(url), "foreign host")
	f.send(nameOf(url), "bare name")
	f.wantBodies(f.receive(url), "foreign host", "bare name")
	_, err := f.trySend("http://whatever", "m")
	refused[*types.QueueDoesNotExist](t, err, noSuchQueue, http.StatusBadRequest, noSuchQueueText)
}

func TestCase_P1_P2_P3_P4_Purge(t *testing.T) {
	f := start(t)
	url := f.createQueue()
	f.send(url, "in flight")
	f.receiveOne(url)
	f.send(url, "visible")
	f.send(url, "delayed", delayedBy(900))
	purge := func() error {
		_, err := f.sqs.PurgeQueue(f.ctx, &sqs.PurgeQueueInput{QueueUrl: &url})
		return err
	}
	f.must(purge())
	counts := f.attributes(url)
	for _, state := range []string{"", "NotVisible", "Delayed"} {
		equal(t, "messages "+state, counts["ApproximateNumberOfMessages"+state], "0")
	}
	refused[*types.PurgeQueueInProgress](t, purge(), "AWS.SimpleQueueService.PurgeQueueInProgress",
		http.StatusForbidden,
		"Only one PurgeQueue operation on "+nameOf(url)+" is allowed every 60 seconds.")
}
