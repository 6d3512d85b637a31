package registry;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.cloud.netflix.eureka.server.EnableEurekaServer;

/** A Eureka server. Its settings come from the environment and the command line. */
@EnableAutoConfiguration
@EnableEurekaServer
public class Registry {
    public static void main(String[] arguments) {
        SpringApplication.run(Registry.class, arguments);
    }
}
