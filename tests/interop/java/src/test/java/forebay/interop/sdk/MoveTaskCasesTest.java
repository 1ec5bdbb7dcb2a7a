// SPDX-License-Identifier: Apache-2.0
package forebay.interop.sdk;

import static org.assertj.core.api.Assertions.assertThat;
import static software.amazon.awssdk.services.sqs.model.QueueAttributeName.REDRIVE_POLICY;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import forebay.interop.Await;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.sqs.model.ListMessageMoveTasksResultEntry;
import software.amazon.awssdk.services.sqs.model.Message;
import software.amazon.awssdk.services.sqs.model.ResourceNotFoundException;
import software.amazon.awssdk.services.sqs.model.SqsException;

/** Contract section 6.9, M: StartMessageMoveTask, ListMessageMoveTasks, CancelMessageMoveTask. */
class MoveTaskCasesTest extends SqsCase {
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  @Test
  void case_M1_toANamedDestination() {
    String dlq = deadLetterQueue();
    String destination = createQueue();
    send(dlq, "one");
    send(dlq, "two");
    startTo(dlq, destination, null);
    ListMessageMoveTasksResultEntry done = awaitStatus(dlq, "COMPLETED");
    assertThat(done.approximateNumberOfMessagesMoved()).isEqualTo(2);
    assertThat(done.approximateNumberOfMessagesToMove()).isEqualTo(2);
    assertThat(done.taskHandle()).isNull();
    assertThat(done.sourceArn()).isEqualTo(arnOf(dlq));
    assertThat(done.destinationArn()).isEqualTo(arnOf(destination));
    assertThat(done.maxNumberOfMessagesPerSecond()).isNull();
    assertThat(done.failureReason()).isNull();
    assertThat(done.startedTimestamp()).isGreaterThan(1_600_000_000_000L); // milliseconds
    assertThat(bodies(receive(destination, 10))).containsExactlyInAnyOrder("one", "two");
    assertThat(counts(dlq)).containsExactly(0, 0, 0);
  }

  @Test
  void case_M2_M3_backToWhereTheMessagesDied() {
    String dlq = createQueue();
    List<String> sources = List.of(source(dlq), source(dlq));
    for (String source : sources) {
      send(source, "died in " + source);
      assertThat(receive(source, 1, 0)).hasSize(1);
      assertThat(receive(source, 1, 0)).isEmpty();
    }
    assertThat(counts(dlq)).containsExactly(2, 0, 0);
    sqs.startMessageMoveTask(request -> request.sourceArn(arnOf(dlq)));
    ListMessageMoveTasksResultEntry done = awaitStatus(dlq, "COMPLETED");
    assertThat(done.approximateNumberOfMessagesMoved()).isEqualTo(2);
    assertThat(done.destinationArn()).isNull();
    for (String source : sources) {
      Message back = receiveOne(source);
      assertThat(back.body()).isEqualTo("died in " + source);
      assertThat(back.attributesAsStrings()).containsEntry("ApproximateReceiveCount", "1");
    }
  }

  @Test
  void case_M4_notADeadLetterQueue() {
    String url = createQueue();
    assertInvalidParameter("Source queue must be configured as a Dead Letter Queue.",
        () -> sqs.startMessageMoveTask(request -> request.sourceArn(arnOf(url))));
  }

  @Test
  void case_M5_unknownArns() {
    String dlq = deadLetterQueue();
    assertNotFound("The resource that you specified for the DestinationArn parameter doesn't"
            + " exist.",
        () -> sqs.startMessageMoveTask(
            request -> request.sourceArn(arnOf(dlq)).destinationArn(arn(newName()))));
    String noSource = "The resource that you specified for the SourceArn parameter doesn't exist.";
    assertNotFound(noSource,
        () -> sqs.startMessageMoveTask(request -> request.sourceArn(arn(newName()))));
    assertNotFound(noSource,
        () -> sqs.listMessageMoveTasks(request -> request.sourceArn(arn(newName()))));
  }

  @Test
  void case_M6_M10_M11_M13_aSlowTaskIsSeenAndCancelled() throws Exception {
    String dlq = deadLetterQueue();
    String destination = createQueue();
    for (int number = 0; number < 10; number++) {
      send(dlq, "message " + number);
    }
    String handle = startTo(dlq, destination, 1);
    JsonNode content = new ObjectMapper().readTree(Base64.getDecoder().decode(handle));
    assertThat(UUID.fromString(content.path("taskId").asText())).isNotNull();
    assertThat(content.path("sourceArn").asText()).isEqualTo(arnOf(dlq));
    assertInvalidParameter("There is already a task running. Only one active task is allowed for a"
        + " source queue arn at a given time.", () -> startTo(dlq, destination, 1));
    ListMessageMoveTasksResultEntry running = latestTask(dlq);
    assertThat(running.status()).isEqualTo("RUNNING");
    assertThat(running.taskHandle()).isEqualTo(handle);
    assertThat(running.maxNumberOfMessagesPerSecond()).isEqualTo(1);
    assertThat(running.approximateNumberOfMessagesToMove()).isEqualTo(10);
    long moved = sqs.cancelMessageMoveTask(request -> request.taskHandle(handle))
        .approximateNumberOfMessagesMoved();
    assertThat(moved).isBetween(0L, 9L);
    ListMessageMoveTasksResultEntry cancelled = awaitStatus(dlq, "CANCELLED");
    assertThat(cancelled.taskHandle()).isNull();
    assertThat(cancelled.approximateNumberOfMessagesMoved()).isBetween(moved, 9L);
    int movedAtLast = cancelled.approximateNumberOfMessagesMoved().intValue();
    assertThat(counts(destination)).containsExactly(movedAtLast, 0, 0);
    assertThat(counts(dlq)).containsExactly(10 - movedAtLast, 0, 0);
  }

  @Test
  void case_M7_M8_M9_handlesThatAreNone() {
    String dlq = deadLetterQueue();
    assertInvalidParameter("Value for parameter TaskHandle is invalid.", () -> cancel("foobared"));
    assertNotFound("The resource that you specified for the SourceArn parameter doesn't exist.",
        () -> cancel(handle(arn(newName()))));
    assertNotFound("Task does not exist.", () -> cancel(handle(arnOf(dlq))));
  }

  @Test
  void case_M12_theDestinationIsDeletedMeanwhile() {
    String dlq = deadLetterQueue();
    String destination = createQueue();
    for (int number = 0; number < 10; number++) {
      send(dlq, "message " + number);
    }
    startTo(dlq, destination, 1);
    sqs.deleteQueue(request -> request.queueUrl(destination));
    assertThat(awaitStatus(dlq, "FAILED").failureReason())
        .isEqualTo("AWS.SimpleQueueService.NonExistentQueue");
  }

  /** A queue whose dead-letter queue is {@code dlq}, after one receive. */
  private String source(String dlq) {
    return createQueue(Map.of(REDRIVE_POLICY, DeadLetterCasesTest.redrive(dlq, 1)));
  }

  /** A queue that some other queue names as its dead-letter queue. */
  private String deadLetterQueue() {
    String dlq = createQueue();
    source(dlq);
    return dlq;
  }

  private static String startTo(String dlq, String destination, Integer perSecond) {
    return sqs.startMessageMoveTask(request -> request.sourceArn(arnOf(dlq))
        .destinationArn(arnOf(destination)).maxNumberOfMessagesPerSecond(perSecond)).taskHandle();
  }

  private static void cancel(String handle) {
    sqs.cancelMessageMoveTask(request -> request.taskHandle(handle));
  }

  private static String handle(String sourceArn) {
    String content =
        "{\"taskId\":\"" + UUID.randomUUID() + "\",\"sourceArn\":\"" + sourceArn + "\"}";
    return Base64.getEncoder().encodeToString(content.getBytes(StandardCharsets.UTF_8));
  }

  private static ListMessageMoveTasksResultEntry latestTask(String dlq) {
    List<ListMessageMoveTasksResultEntry> tasks =
        sqs.listMessageMoveTasks(request -> request.sourceArn(arnOf(dlq))).results();
    assertThat(tasks).hasSize(1);
    return tasks.get(0);
  }

  private static ListMessageMoveTasksResultEntry awaitStatus(String dlq, String status) {
    Await.until("status " + status, PATIENCE, () -> latestTask(dlq).status().equals(status));
    return latestTask(dlq);
  }

  private static void assertNotFound(String message, ThrowingCallable call) {
    SqsException refusal = assertRefused(
        ResourceNotFoundException.class, "ResourceNotFoundException", message, call);
    assertThat(refusal.statusCode()).isEqualTo(404);
  }
}
