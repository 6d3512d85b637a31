package booking;

import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.kafka.annotation.EnableKafka;
import org.springframework.kafka.config.ConcurrentKafkaListenerContainerFactory;
import org.springframework.kafka.core.ConsumerFactory;
import org.springframework.kafka.core.DefaultKafkaConsumerFactory;
import org.springframework.kafka.support.serializer.ErrorHandlingDeserializer;
import org.springframework.kafka.support.serializer.JacksonJsonDeserializer;

/** Consumes a topic until it is stopped: java -Dservers=… -Dtopic=… -Dgroup=… booking.Consumer */
@Configuration
@EnableKafka
class Consumer {

  private static final String TYPES =
      "PaymentSucceededEvent:booking.Events$PaymentSucceeded,"
          + "RefundSucceededEvent:booking.Events$RefundSucceeded,"
          + "DisputeOpenedEvent:booking.Events$DisputeOpened";

  @Bean
  ConsumerFactory<Object, Object> consumerFactory() {
    return new DefaultKafkaConsumerFactory<>(
        Map.of(
            ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, System.getProperty("servers"),
            ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest",
            ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, StringDeserializer.class,
            ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, ErrorHandlingDeserializer.class,
            ErrorHandlingDeserializer.VALUE_DESERIALIZER_CLASS, JacksonJsonDeserializer.class,
            // Records that cannot be deserialized, such as those of unmapped types, become this.
            ErrorHandlingDeserializer.VALUE_FUNCTION, SkippedRecord.class,
            JacksonJsonDeserializer.TYPE_MAPPINGS, TYPES,
            JacksonJsonDeserializer.REMOVE_TYPE_INFO_HEADERS, false));
  }

  @Bean
  ConcurrentKafkaListenerContainerFactory<Object, Object> kafkaListenerContainerFactory(
      ConsumerFactory<Object, Object> consumers) {
    var containers = new ConcurrentKafkaListenerContainerFactory<Object, Object>();
    containers.setConsumerFactory(consumers);
    return containers;
  }

  @Bean
  Listener listener() {
    return new Listener();
  }

  public static void main(String[] arguments) {
    var context = new AnnotationConfigApplicationContext(Consumer.class);
    context.registerShutdownHook();
  }
}
