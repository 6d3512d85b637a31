package bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.stripe.model.Event;
import com.stripe.model.PaymentIntent;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.stereotype.Component;
import tools.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import tools.jackson.databind.annotation.JsonNaming;
import tools.jackson.databind.json.JsonMapper;

/** The record of an event: CloudEvents in binary mode. */
@Component
class Records {

  @JsonNaming(SnakeCaseStrategy.class)
  record PaymentSucceeded(
      String paymentId,
      String account,
      String status,
      long amount,
      String currency,
      String reference,
      Map<String, String> metadata,
      String occurredAt,
      Long amountReceived,
      String chargeId,
      String paymentMethodId,
      List<String> paymentMethodTypes) {}

  private final JsonMapper json;
  private final String topic;

  Records(JsonMapper json, @Value("${bench.topic}") String topic) {
    this.json = json;
    this.topic = topic;
  }

  ProducerRecord<String, String> of(Event event, PaymentIntent intent) {
    String occurredAt = Instant.ofEpochSecond(event.getCreated()).toString();
    String account = event.getAccount() == null ? "self" : event.getAccount();
    var data =
        new PaymentSucceeded(
            intent.getId(),
            event.getAccount(),
            intent.getStatus(),
            intent.getAmount(),
            intent.getCurrency(),
            intent.getMetadata() == null ? null : intent.getMetadata().get("reference"),
            intent.getMetadata(),
            occurredAt,
            intent.getAmountReceived(),
            intent.getLatestCharge(),
            intent.getPaymentMethod(),
            intent.getPaymentMethodTypes());
    var record = new ProducerRecord<>(topic, intent.getId(), json.writeValueAsString(data));
    var headers =
        List.of(
            Map.entry("ce_specversion", "1.0"),
            Map.entry("ce_id", event.getId()),
            Map.entry("ce_type", "payments.PaymentSucceededEvent.v1"),
            Map.entry("ce_source", "/stripe/" + account + "/test"),
            Map.entry("ce_subject", intent.getId()),
            Map.entry("ce_time", occurredAt),
            Map.entry("content-type", "application/json"),
            Map.entry("__TypeId__", "PaymentSucceededEvent"),
            Map.entry("stripe_event_type", event.getType()),
            Map.entry("stripe_api_version", event.getApiVersion()),
            Map.entry("livemode", "false"),
            Map.entry("origin", "webhook"));
    for (var header : headers) {
      record.headers().add(header.getKey(), header.getValue().getBytes(UTF_8));
    }
    return record;
  }
}
