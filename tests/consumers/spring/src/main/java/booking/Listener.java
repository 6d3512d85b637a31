package booking;

import org.springframework.kafka.annotation.KafkaHandler;
import org.springframework.kafka.annotation.KafkaListener;
import org.springframework.kafka.support.KafkaHeaders;
import org.springframework.messaging.handler.annotation.Header;
import tools.jackson.databind.json.JsonMapper;

/** Prints each event as a line of JSON with its class, key and fields. */
@KafkaListener(topics = "#{systemProperties['topic']}", groupId = "#{systemProperties['group']}")
class Listener {
  private final JsonMapper json = new JsonMapper();

  @KafkaHandler
  void paymentSucceeded(Events.PaymentSucceeded event, @Header(KafkaHeaders.RECEIVED_KEY) String key) {
    print(key, event);
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
