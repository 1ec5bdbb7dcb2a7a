// SPDX-License-Identifier: Apache-2.0
package forebay.interop.sdk;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.sqs.model.ListQueueTagsResponse;
import software.amazon.awssdk.services.sqs.model.OverLimitException;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;
import software.amazon.awssdk.services.sqs.model.SqsException;

/** Contract section 6.3: TagQueue, UntagQueue, ListQueueTags, AddPermission, RemovePermission. */
class TagAndPermissionCasesTest extends SqsCase {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String FIRST = "111111111111";
  private static final String SECOND = "222222222222";

  @Test
  void case_G1_G2_tagsOfCreateQueueAndUntag() {
    String name = newName();
    Map<String, String> tags = Map.of("tag1", "one", "tag2", "two", "tag3", "");
    String url =
        sqs.createQueue(request -> request.queueName(name).tags(tags)).queueUrl();
    assertThat(create(name, Map.of())).isEqualTo(url);
    assertThat(tags(url).tags()).isEqualTo(tags);
    sqs.untagQueue(request -> request.queueUrl(url).tagKeys("tag1", "tag3"));
    assertThat(tags(url).tags()).containsOnly(Map.entry("tag2", "two"));
    sqs.untagQueue(request -> request.queueUrl(url).tagKeys("tag2"));
    assertThat(tags(url).hasTags()).isFalse();
  }

  @Test
  void case_G3_G4_G5_keysAreCaseSensitiveAndValuesReplaced() {
    String url = createQueue();
    sqs.tagQueue(request -> request.queueUrl(url).tags(Map.of("MyTag", "1", "mytag", "2")));
    sqs.untagQueue(request -> request.queueUrl(url).tagKeys("nobody"));
    sqs.tagQueue(request -> request.queueUrl(url).tags(Map.of("mytag", "3")));
    assertThat(tags(url).tags()).isEqualTo(Map.of("MyTag", "1", "mytag", "3"));
  }

  @Test
  void case_G6_tagsOfAnUnknownQueue() {
    assertNoQueue(() -> tags(urlOfNoQueue()));
  }

  @Test
  void case_G7_aPermissionIsAPolicy() throws Exception {
    String url = createQueue();
    addPermission(url, "crossaccountpermission", List.of(FIRST, SECOND), "ReceiveMessage");
    JsonNode policy = policy(url);
    assertThat(policy.path("Version").asText()).isEqualTo("2008-10-17");
    assertThat(policy.path("Id").asText()).isEqualTo(arnOf(url) + "/SQSDefaultPolicy");
    assertThat(policy.path("Statement")).hasSize(1);
    JsonNode statement = policy.path("Statement").get(0);
    assertThat(statement.path("Sid").asText()).isEqualTo("crossaccountpermission");
    assertThat(statement.path("Effect").asText()).isEqualTo("Allow");
    assertThat(texts(statement.path("Principal").path("AWS")))
        .containsExactlyInAnyOrder(root(FIRST), root(SECOND));
    assertThat(statement.path("Action")).isEqualTo(JSON.valueToTree("SQS:ReceiveMessage"));
    assertThat(statement.path("Resource").asText()).isEqualTo(arnOf(url));
  }

  @Test
  void case_G8_G11_onePrincipalIsATextAndLabelsAddUp() throws Exception {
    String url = createQueue();
    addPermission(url, "first", List.of(FIRST), "ReceiveMessage");
    addPermission(url, "second", List.of(SECOND), "SendMessage", "DeleteMessage");
    JsonNode statements = policy(url).path("Statement");
    assertThat(statements.findValuesAsText("Sid")).containsExactly("first", "second");
    assertThat(statements.get(0).path("Principal").path("AWS"))
        .isEqualTo(JSON.valueToTree(root(FIRST)));
    assertThat(texts(statements.get(1).path("Action")))
        .containsExactlyInAnyOrder("SQS:SendMessage", "SQS:DeleteMessage");
  }

  @Test
  void case_G9_G12_removedPermissions() {
    String url = createQueue();
    addPermission(url, "only", List.of(FIRST), "ReceiveMessage");
    assertNoLabel(url, "other");
    sqs.removePermission(request -> request.queueUrl(url).label("only"));
    assertThat(attributes(url)).doesNotContainKey(QueueAttributeName.POLICY);
    assertNoLabel(url, "only");
  }

  @Test
  void case_G10_labelUsedTwice() throws Exception {
    String url = createQueue();
    addPermission(url, "crossaccountpermission", List.of(FIRST), "ReceiveMessage");
    assertInvalidParameter("Value crossaccountpermission for parameter Label is invalid. Reason:"
            + " Already exists.",
        () -> addPermission(url, "crossaccountpermission", List.of(SECOND), "SendMessage"));
    assertThat(policy(url).path("Statement")).hasSize(1);
  }

  @Test
  void case_G13_eightActions() {
    String url = createQueue();
    SqsException refusal = assertRefused(OverLimitException.class, "OverLimit",
        "8 Actions were found, maximum allowed is 7.",
        () -> addPermission(url, "many", List.of(FIRST), "SendMessage", "ReceiveMessage",
            "DeleteMessage", "ChangeMessageVisibility", "GetQueueAttributes", "GetQueueUrl",
            "ListDeadLetterSourceQueues", "PurgeQueue"));
    assertThat(refusal.statusCode()).isEqualTo(403);
    assertThat(attributes(url)).doesNotContainKey(QueueAttributeName.POLICY);
  }

  private static void assertNoLabel(String url, String label) {
    assertInvalidParameter(
        "Value " + label + " for parameter Label is invalid. Reason: can't find label.",
        () -> sqs.removePermission(request -> request.queueUrl(url).label(label)));
  }

  private static ListQueueTagsResponse tags(String url) {
    return sqs.listQueueTags(request -> request.queueUrl(url));
  }

  private static void addPermission(
      String url, String label, List<String> accounts, String... actions) {
    sqs.addPermission(request -> request.queueUrl(url).label(label).awsAccountIds(accounts)
        .actions(actions));
  }

  private static JsonNode policy(String url) throws JsonProcessingException {
    return JSON.readTree(attribute(url, QueueAttributeName.POLICY));
  }

  private static List<String> texts(JsonNode list) {
    assertThat(list.isArray()).isTrue();
    List<String> texts = new ArrayList<>();
    list.forEach(each -> texts.add(each.asText()));
    return texts;
  }

  private static String root(String account) {
    return "arn:aws:iam::" + account + ":root";
  }
}
