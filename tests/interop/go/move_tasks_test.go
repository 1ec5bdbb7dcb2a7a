// SPDX-License-Identifier: Apache-2.0

package interop

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

type startChange = func(*sqs.StartMessageMoveTaskInput)

func to(destination string) startChange {
	return func(in *sqs.StartMessageMoveTaskInput) {
		in.DestinationArn = aws.String(arnOf(destination))
	}
}

func onePerSecond(in *sqs.StartMessageMoveTaskInput) {
	in.MaxNumberOfMessagesPerSecond = aws.Int32(1)
}

func (f *fixture) tryMove(source string, changes ...startChange) (string, error) {
	in := &sqs.StartMessageMoveTaskInput{SourceArn: aws.String(arnOf(source))}
	for _, change := range changes {
		change(in)
	}
	out, err := f.sqs.StartMessageMoveTask(f.ctx, in)
	if err != nil {
		return "", err
	}
	return aws.ToString(out.TaskHandle), nil
}

func (f *fixture) move(source string, changes ...startChange) string {
	f.Helper()
	handle, err := f.tryMove(source, changes...)
	f.must(err)
	return handle
}

// latestTask is what a list shows by default: one task, the newest.
func (f *fixture) latestTask(source string) types.ListMessageMoveTasksResultEntry {
	f.Helper()
	out, err := f.sqs.ListMessageMoveTasks(f.ctx, &sqs.ListMessageMoveTasksInput{
		SourceArn: aws.String(arnOf(source)),
	})
	f.must(err)
	if len(out.Results) != 1 {
		f.Fatalf("%d tasks instead of one", len(out.Results))
	}
	return out.Results[0]
}

func (f *fixture) ended(source string) (task types.ListMessageMoveTasksResultEntry) {
	f.Helper()
	f.eventually("the end of the move task", func() bool {
		task = f.latestTask(source)
		return *task.Status != "RUNNING" && *task.Status != "CANCELLING"
	})
	return task
}

func (f *fixture) cancel(handle string) (int64, error) {
	in := &sqs.CancelMessageMoveTaskInput{TaskHandle: &handle}
	out, err := f.sqs.CancelMessageMoveTask(f.ctx, in)
	if err != nil {
		return 0, err
	}
	return out.ApproximateNumberOfMessagesMoved, nil
}

func notFound(t testing.TB, err error, text string) {
	t.Helper()
	refused[*types.ResourceNotFoundException](t, err, "ResourceNotFoundException",
		http.StatusNotFound, text)
}

const (
	noSource      = "The resource that you specified for the SourceArn parameter doesn't exist."
	noDestination = "The resource that you specified for the DestinationArn parameter doesn't exist."
)

func TestCase_M1_MoveToADestination(t *testing.T) {
	f := start(t)
	dead, destination := f.createQueue(), f.createQueue()
	f.createSourceOf(dead)
	f.sendBatch(dead, numbered(2)...)
	f.move(dead, to(destination))
	task := f.ended(dead)
	equal(t, "Status", *task.Status, "COMPLETED")
	equal(t, "moved", task.ApproximateNumberOfMessagesMoved, 2)
	equal(t, "to move", aws.ToInt64(task.ApproximateNumberOfMessagesToMove), 2)
	equal(t, "SourceArn", aws.ToString(task.SourceArn), arnOf(dead))
	equal(t, "DestinationArn", aws.ToString(task.DestinationArn), arnOf(destination))
	rate := task.MaxNumberOfMessagesPerSecond
	if task.TaskHandle != nil || rate != nil || task.FailureReason != nil {
		t.Errorf("members a completed task without a rate does not have: %+v", task)
	}
	ago := time.Since(time.UnixMilli(task.StartedTimestamp))
	if ago < -time.Minute || ago > time.Hour {
		t.Errorf("StartedTimestamp %d is not a time in ms", task.StartedTimestamp)
	}
	f.wantBodies(f.receive(destination), "0", "1")
	equal(t, "left", f.attributes(dead)["ApproximateNumberOfMessages"], "0")
}

func TestCase_M2_M3_MoveBackToTheSources(t *testing.T) {
	f := start(t)
	dead := f.createQueue()
	first, second := f.createSourceOf(dead), f.createSourceOf(dead)
	sent := f.exhaust(first, "first", with(one("k", text("String", "x"))))
	f.exhaust(second, "second")
	f.move(dead)
	task := f.ended(dead)
	equal(t, "Status", *task.Status, "COMPLETED")
	equal(t, "moved", task.ApproximateNumberOfMessagesMoved, 2)
	if task.DestinationArn != nil {
		t.Errorf("DestinationArn nobody gave: %s", *task.DestinationArn)
	}
	back := f.receiveOne(first)
	equal(t, "Body", *back.Body, "first")
	equal(t, "digest", aws.ToString(back.MD5OfMessageAttributes), *sent.MD5OfMessageAttributes)
	equal(t, "count", back.Attributes["ApproximateReceiveCount"], "1")
	if *back.MessageId == *sent.MessageId {
		t.Error("a moved message is a new message, but has its old MessageId")
	}
	f.wantBodies(f.receive(second), "second")
}

func TestCase_M4_M5_TasksThatCannotStart(t *testing.T) {
	f := start(t)
	dead, alone, missing := f.createQueue(), f.createQueue(), uniqueName()
	f.createSourceOf(dead)
	_, err := f.tryMove(alone)
	badParameter(t, err, "Source queue must be configured as a Dead Letter Queue.")
	_, err = f.tryMove(dead, to(missing))
	notFound(t, err, noDestination)
	_, err = f.tryMove(missing)
	notFound(t, err, noSource)
	_, err = f.sqs.ListMessageMoveTasks(f.ctx, &sqs.ListMessageMoveTasksInput{
		SourceArn: aws.String(arnOf(missing)),
	})
	notFound(t, err, noSource)
}

func TestCase_M6_M10_M11_M13_RunningTaskIsCancelled(t *testing.T) {
	f := start(t)
	dead, destination := f.createQueue(), f.createQueue()
	f.createSourceOf(dead)
	f.sendBatch(dead, numbered(10)...)
	handle := f.move(dead, to(destination), onePerSecond)
	running := f.latestTask(dead)
	equal(t, "Status", *running.Status, "RUNNING")
	equal(t, "TaskHandle", aws.ToString(running.TaskHandle), handle)
	equal(t, "rate", aws.ToInt32(running.MaxNumberOfMessagesPerSecond), 1)
	equal(t, "to move", aws.ToInt64(running.ApproximateNumberOfMessagesToMove), 10)
	_, err := f.tryMove(dead, to(destination))
	badParameter(t, err, "There is already a task running. Only one active task is allowed for a "+
		"source queue arn at a given time.")
	f.wantHandle(handle, dead)

	moved, err := f.cancel(handle)
	f.must(err)
	cancelled := f.ended(dead)
	equal(t, "Status", *cancelled.Status, "CANCELLED")
	atEnd := cancelled.ApproximateNumberOfMessagesMoved
	if cancelled.TaskHandle != nil || moved > atEnd || atEnd >= 10 {
		t.Errorf("moved %d at the cancel; then %+v", moved, cancelled)
	}
	counts := f.attributes(destination)["ApproximateNumberOfMessages"]
	equal(t, "arrived", counts, strconv.FormatInt(atEnd, 10))
}

// wantHandle checks that a task handle is base64 of JSON with the task and its source.
func (f *fixture) wantHandle(handle, source string) {
	f.Helper()
	decoded, err := base64.StdEncoding.DecodeString(handle)
	f.must(err)
	var named map[string]string
	f.must(json.Unmarshal(decoded, &named))
	equal(f, "sourceArn", named["sourceArn"], arnOf(source))
	if !uuid.MatchString(named["taskId"]) {
		f.Errorf("taskId %q", named["taskId"])
	}
}

func TestCase_M7_M8_M9_HandlesOfNoTask(t *testing.T) {
	f := start(t)
	dead := f.createQueue()
	f.createSourceOf(dead)
	const taskID = "00000000-0000-4000-8000-000000000000"
	handle := func(source string) string {
		return base64.StdEncoding.EncodeToString(
			[]byte(`{"taskId":"` + taskID + `","sourceArn":"` + arnOf(source) + `"}`))
	}
	_, err := f.cancel("foobared")
	badParameter(t, err, "Value for parameter TaskHandle is invalid.")
	_, err = f.cancel(handle(uniqueName()))
	notFound(t, err, noSource)
	_, err = f.cancel(handle(dead))
	notFound(t, err, "Task does not exist.")
}

func TestCase_M12_DestinationIsDeletedWhileRunning(t *testing.T) {
	f := start(t)
	dead, destination := f.createQueue(), f.createQueue()
	f.createSourceOf(dead)
	f.sendBatch(dead, numbered(10)...)
	f.move(dead, to(destination), onePerSecond)
	_, err := f.sqs.DeleteQueue(f.ctx, &sqs.DeleteQueueInput{QueueUrl: &destination})
	f.must(err)
	task := f.ended(dead)
	equal(t, "Status", *task.Status, "FAILED")
	equal(t, "FailureReason", aws.ToString(task.FailureReason), noSuchQueue)
	if !strings.HasSuffix(aws.ToString(task.DestinationArn), nameOf(destination)) {
		t.Errorf("DestinationArn %v", task.DestinationArn)
	}
}
