// SPDX-License-Identifier: Apache-2.0

// nats_load sends to a JetStream work queue, or sends, fetches and acknowledges, as fast as it can.
//
//	nats_load <port> <send|roundtrip> <window> <connections> <seconds>
//
// Closed loop, bodies of 1 KiB, file storage, a stream of its own that is removed at the end;
// `window` messages are on their way at once on each connection. It prints what
// `forebay bench --format json` prints, with the actions send, receive and delete; a window counts
// as one request, and an acknowledgement is a delete that waits for the server's answer.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	bodyBytes      = 1024
	answerTimeout  = 30 * time.Second
	subjectOfLoad  = "bench.load"
	nameOfConsumer = "workers"
)

type plan struct {
	port        int
	roundTrip   bool
	window      int
	connections int
	duration    time.Duration
}

// Latencies in microseconds and messages, by action.
type samples struct {
	us       map[string][]int64
	messages map[string]int
}

func (s *samples) add(action string, began time.Time, messages int) {
	s.us[action] = append(s.us[action], time.Since(began).Microseconds())
	s.messages[action] += messages
}

func newSamples() *samples {
	return &samples{us: map[string][]int64{}, messages: map[string]int{}}
}

func parse(words []string) (plan, error) {
	if len(words) != 5 || (words[1] != "send" && words[1] != "roundtrip") {
		return plan{}, errors.New(
			"usage: nats_load <port> <send|roundtrip> <window> <connections> <seconds>")
	}
	numbers := make([]int, 0, 4)
	for _, i := range []int{0, 2, 3, 4} {
		number, err := strconv.Atoi(words[i])
		if err != nil || number < 1 {
			return plan{}, fmt.Errorf("%q is not a number above 0", words[i])
		}
		numbers = append(numbers, number)
	}
	return plan{numbers[0], words[1] == "roundtrip", numbers[1], numbers[2],
		time.Duration(numbers[3]) * time.Second}, nil
}

func connect(port int) (*nats.Conn, jetstream.JetStream, error) {
	connection, err := nats.Connect(fmt.Sprintf("nats://127.0.0.1:%d", port))
	if err != nil {
		return nil, nil, err
	}
	stream, err := jetstream.New(connection)
	return connection, stream, err
}

// A lane is one connection and its closed loop.
type lane struct {
	js       jetstream.JetStream
	consumer jetstream.Consumer
	plan     plan
	measured *samples
}

func (l *lane) run(ctx context.Context, until time.Time) error {
	body := make([]byte, bodyBytes)
	for time.Now().Before(until) {
		if err := l.send(ctx, body); err != nil {
			return fmt.Errorf("send: %w", err)
		}
		if !l.plan.roundTrip {
			continue
		}
		if err := l.takeOut(ctx); err != nil {
			return err
		}
	}
	return nil
}

// send returns when the server has answered for the whole window.
func (l *lane) send(ctx context.Context, body []byte) error {
	began := time.Now()
	futures := make([]jetstream.PubAckFuture, 0, l.plan.window)
	for range l.plan.window {
		future, err := l.js.PublishAsync(subjectOfLoad, body)
		if err != nil {
			return err
		}
		futures = append(futures, future)
	}
	for _, future := range futures {
		select {
		case <-future.Ok():
		case err := <-future.Err():
			return err
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	l.measured.add("send", began, l.plan.window)
	return nil
}

// takeOut fetches as many messages as a window has and acknowledges each of them.
func (l *lane) takeOut(ctx context.Context) error {
	began := time.Now()
	batch, err := l.consumer.Fetch(l.plan.window, jetstream.FetchMaxWait(answerTimeout))
	if err != nil {
		return fmt.Errorf("fetch: %w", err)
	}
	messages := make([]jetstream.Msg, 0, l.plan.window)
	for message := range batch.Messages() {
		messages = append(messages, message)
	}
	if err := batch.Error(); err != nil {
		return fmt.Errorf("fetch: %w", err)
	}
	l.measured.add("receive", began, len(messages))
	began = time.Now()
	answers := make(chan error, len(messages))
	for _, message := range messages {
		go func() { answers <- message.DoubleAck(ctx) }()
	}
	for range messages {
		if err := <-answers; err != nil {
			return fmt.Errorf("acknowledge: %w", err)
		}
	}
	l.measured.add("delete", began, len(messages))
	return nil
}

func measure(p plan) (*samples, float64, error) {
	ctx, cancel := context.WithTimeout(context.Background(), p.duration+2*answerTimeout)
	defer cancel()
	connection, js, err := connect(p.port)
	if err != nil {
		return nil, 0, err
	}
	defer connection.Close()
	name := fmt.Sprintf("bench-%d", os.Getpid())
	stream, err := js.CreateStream(ctx, jetstream.StreamConfig{
		Name: name, Subjects: []string{subjectOfLoad}, Storage: jetstream.FileStorage,
		Retention: jetstream.WorkQueuePolicy})
	if err != nil {
		return nil, 0, err
	}
	defer func() { _ = js.DeleteStream(context.Background(), name) }()
	_, err = stream.CreateConsumer(ctx, jetstream.ConsumerConfig{
		Durable: nameOfConsumer, AckPolicy: jetstream.AckExplicitPolicy, MaxAckPending: -1})
	if err != nil {
		return nil, 0, err
	}
	lanes := make([]*lane, 0, p.connections)
	for range p.connections {
		connection, js, err := connect(p.port)
		if err != nil {
			return nil, 0, err
		}
		defer connection.Close()
		consumer, err := js.Consumer(ctx, name, nameOfConsumer)
		if err != nil {
			return nil, 0, err
		}
		lanes = append(lanes, &lane{js, consumer, p, newSamples()})
	}
	return runAll(ctx, p, lanes)
}

func runAll(ctx context.Context, p plan, lanes []*lane) (*samples, float64, error) {
	began := time.Now()
	var wait sync.WaitGroup
	problems := make(chan error, len(lanes))
	for _, each := range lanes {
		wait.Add(1)
		go func() {
			defer wait.Done()
			if err := each.run(ctx, began.Add(p.duration)); err != nil {
				problems <- err
			}
		}()
	}
	wait.Wait()
	seconds := time.Since(began).Seconds()
	total := newSamples()
	for _, each := range lanes {
		for action, us := range each.measured.us {
			total.us[action] = append(total.us[action], us...)
			total.messages[action] += each.measured.messages[action]
		}
	}
	select {
	case err := <-problems:
		return nil, 0, err
	default:
		return total, seconds, nil
	}
}

func percentile(sorted []int64, permille int) int64 {
	return sorted[max(1, (len(sorted)*permille+999)/1000)-1]
}

func cpuSeconds() float64 {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return 0
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano()).Seconds()
}

func report(total *samples, seconds float64) ([]byte, error) {
	actions := map[string]any{}
	for action, us := range total.us {
		slices.Sort(us)
		actions[action] = map[string]any{
			"requests": len(us), "messages": total.messages[action], "errors": 0,
			"requests_per_second": float64(len(us)) / seconds,
			"messages_per_second": float64(total.messages[action]) / seconds,
			"latency_us": map[string]int64{
				"p50": percentile(us, 500), "p90": percentile(us, 900), "p99": percentile(us, 990),
				"p999": percentile(us, 999), "max": us[len(us)-1]},
		}
	}
	return json.Marshal(map[string]any{"actions": actions, "seconds": seconds,
		"errors": map[string]int{}, "load_cpu_seconds": cpuSeconds()})
}

func run() error {
	p, err := parse(os.Args[1:])
	if err != nil {
		return err
	}
	total, seconds, err := measure(p)
	if err != nil {
		return err
	}
	line, err := report(total, seconds)
	if err != nil {
		return err
	}
	_, err = fmt.Println(string(line))
	return err
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "nats_load:", err)
		os.Exit(1)
	}
}
