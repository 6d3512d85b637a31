package bench;

import com.stripe.exception.EventDataObjectDeserializationException;
import com.stripe.exception.SignatureVerificationException;
import com.stripe.model.Event;
import com.stripe.model.PaymentIntent;
import com.stripe.net.Webhook;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.http.ResponseEntity;
import org.springframework.kafka.core.KafkaTemplate;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RestController;

/** Stripe's webhook: 200 once the broker has acknowledged the event's record. */
@RestController
class Webhooks {
  private static final long TOLERANCE_SECONDS = 300;
  private static final long ACK_TIMEOUT_SECONDS = 5;

  record Receipt(String event_id, String outcome) {}

  private final KafkaTemplate<String, String> kafka;
  private final Records records;
  private final String secret;

  Webhooks(KafkaTemplate<String, String> kafka, Records records, @Value("${bench.secret}") String secret) {
    this.kafka = kafka;
    this.records = records;
    this.secret = secret;
  }

  @PostMapping("/api/v1/stripe/events")
  ResponseEntity<Receipt> receive(
      @RequestBody String payload, @RequestHeader("Stripe-Signature") String signature)
      throws EventDataObjectDeserializationException, InterruptedException {
    Event event;
    try {
      event = Webhook.constructEvent(payload, signature, secret, TOLERANCE_SECONDS);
    } catch (SignatureVerificationException | RuntimeException invalid) {
      // The library throws the latter if the body is not an event.
      return ResponseEntity.badRequest().build();
    }
    if (event.getLivemode()) {
      return ResponseEntity.status(503).build();
    }
    if (!event.getType().equals("payment_intent.succeeded")) {
      return ResponseEntity.ok(new Receipt(event.getId(), "ignored"));
    }
    // The event's API version need not be the library's own.
    var intent = (PaymentIntent) event.getDataObjectDeserializer().deserializeUnsafe();
    try {
      kafka.send(records.of(event, intent)).get(ACK_TIMEOUT_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException notPersisted) {
      return ResponseEntity.status(503).build();
    }
    return ResponseEntity.ok(new Receipt(event.getId(), "published"));
  }
}
