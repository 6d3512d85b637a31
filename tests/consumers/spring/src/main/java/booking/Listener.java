package booking;

import java.util.Map;
import org.springframework.kafka.annotation.KafkaHandler;
import org.springframework.kafka.annotation.KafkaListener;
import org.springframework.kafka.support.KafkaHeaders;
import org.springframework.messaging.handler.annotation.Header;
import tools.jackson.databind.json.JsonMapper;

/** Prints each event as a line of JSON with its class, key and fields. */
@KafkaListener(topics = "#{systemProperties['topic']}", groupId = "#{systemProperties['group']}")
class Listener {
  private final JsonMapper json = new JsonMapper();

  /** By reference, what this service has requested; a real one reads it from its database. */
  private final Map<String, Events.Terms> requested =
      Map.of("booking-42", new Events.Terms(null, 2000, "eur"));

  @KafkaHandler
  void paymentSucceeded(Events.PaymentSucceeded event, @Header(KafkaHeaders.RECEIVED_KEY) String key) {
    String reference = event.reference() == null ? "" : event.reference();
    boolean known = event.terms().equals(requested.get(reference));
    print(key, known ? event : new Events.Refused(event.paymentId(), event.account()));
  }

  @KafkaHandler
  void refundSucceeded(Events.RefundSucceeded event, @Header(KafkaHeaders.RECEIVED_KEY) String key) {
    print(key, event);
  }

  @KafkaHandler
  void disputeOpened(Events.DisputeOpened event, @Header(KafkaHeaders.RECEIVED_KEY) String key) {
    print(key, event);
  }

  @KafkaHandler
  void skipped(Events.Skipped event, @Header(KafkaHeaders.RECEIVED_KEY) String key) {
    print(key, event);
  }

  private void print(String key, Object event) {
    String value = json.writeValueAsString(event);
    String name = event.getClass().getSimpleName();
    System.out.printf("{\"class\": \"%s\", \"key\": \"%s\", \"event\": %s}%n", name, key, value);
  }
}
