// SPDX-License-Identifier: Apache-2.0
package forebay.interop.sdk;

import static org.assertj.core.api.Assertions.assertThat;

import forebay.interop.Endpoint;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.sqs.SqsAsyncClient;
import software.amazon.awssdk.services.sqs.batchmanager.SqsAsyncBatchManager;
import software.amazon.awssdk.services.sqs.model.ChangeMessageVisibilityResponse;
import software.amazon.awssdk.services.sqs.model.DeleteMessageResponse;
import software.amazon.awssdk.services.sqs.model.Message;
import software.amazon.awssdk.services.sqs.model.SendMessageResponse;

/** The asynchronous client with automatic batching, and on its own. */
class BatchManagerTest extends SqsCase {
  private static final int MESSAGES = 200;
  private static final int SECONDS_MAX = 30;

  private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();

  @AfterEach
  void stopTimer() {
    timer.shutdownNow();
  }

  @Test
  void twoHundredMessagesThroughTheBatchManager() throws Exception {
    String url = createQueue();
    List<String> sent = IntStream.range(0, MESSAGES).mapToObj(number -> "body " + number).toList();
    try (SqsAsyncClient client = Clients.async(Endpoint.uri());
        SqsAsyncBatchManager manager = manager(client)) {
      List<SendMessageResponse> answers = allOf(sent.stream().map(body ->
          manager.sendMessage(request -> request.queueUrl(url).messageBody(body))).toList());
      assertThat(answers.stream().map(SendMessageResponse::messageId).distinct())
          .hasSize(MESSAGES);
      assertThat(counts(url)).containsExactly(MESSAGES, 0, 0);
      List<Message> received = receiveAll(manager, url);
      assertThat(bodies(received)).containsExactlyInAnyOrderElementsOf(sent);
      List<DeleteMessageResponse> deleted = allOf(received.stream().map(message ->
          manager.deleteMessage(request -> request.queueUrl(url)
              .receiptHandle(message.receiptHandle()))).toList());
      assertThat(deleted).hasSize(MESSAGES);
    }
    assertThat(counts(url)).containsExactly(0, 0, 0);
  }

  @Test
  void visibilityThroughTheBatchManagerAndOneFailure() throws Exception {
    String url = createQueue();
    send(url, "b");
    Message message = receiveOne(url);
    try (SqsAsyncClient client = Clients.async(Endpoint.uri());
        SqsAsyncBatchManager manager = manager(client)) {
      CompletableFuture<ChangeMessageVisibilityResponse> good =
          manager.changeMessageVisibility(request -> request.queueUrl(url)
              .receiptHandle(message.receiptHandle()).visibilityTimeout(0));
      CompletableFuture<ChangeMessageVisibilityResponse> bad =
          manager.changeMessageVisibility(request -> request.queueUrl(url)
              .receiptHandle("garbage").visibilityTimeout(0));
      good.get(SECONDS_MAX, TimeUnit.SECONDS);
      assertThat(bad).failsWithin(Duration.ofSeconds(SECONDS_MAX))
          .withThrowableThat().withMessageContaining("is not a valid receipt handle");
    }
    assertThat(counts(url)).containsExactly(1, 0, 0);
  }

  @Test
  void aHundredRequestsAtOnce() throws Exception {
    String url = createQueue();
    try (SqsAsyncClient client = Clients.async(Endpoint.uri())) {
      allOf(IntStream.range(0, 100).mapToObj(number -> client.sendMessage(
          request -> request.queueUrl(url).messageBody("body " + number))).toList());
      assertThat(counts(url)).containsExactly(100, 0, 0);
      List<Message> received = new ArrayList<>();
      allOf(IntStream.range(0, 10).mapToObj(number -> client.receiveMessage(
          request -> request.queueUrl(url).maxNumberOfMessages(10))).toList())
          .forEach(answer -> received.addAll(answer.messages()));
      assertThat(bodies(received)).hasSize(100).doesNotHaveDuplicates();
    }
  }

  private SqsAsyncBatchManager manager(SqsAsyncClient client) {
    return SqsAsyncBatchManager.builder().client(client).scheduledExecutor(timer)
        .overrideConfiguration(settings -> settings
            .sendRequestFrequency(Duration.ofMillis(50))
            .receiveMessageMinWaitDuration(Duration.ofMillis(100)))
        .build();
  }

  /** Until every message was here once; a message that came twice would be noticed. */
  private static List<Message> receiveAll(SqsAsyncBatchManager manager, String url)
      throws Exception {
    List<Message> received = new ArrayList<>();
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS_MAX);
    while (received.size() < MESSAGES && System.nanoTime() < deadline) {
      received.addAll(manager.receiveMessage(request -> request.queueUrl(url)
          .maxNumberOfMessages(10)).get(SECONDS_MAX, TimeUnit.SECONDS).messages());
    }
    return received;
  }

  private static <T> List<T> allOf(List<CompletableFuture<T>> futures) throws Exception {
    CompletableFuture.allOf(futures.toArray(CompletableFuture[]::new))
        .get(SECONDS_MAX, TimeUnit.SECONDS);
    return futures.stream().map(CompletableFuture::join).toList();
  }
}
