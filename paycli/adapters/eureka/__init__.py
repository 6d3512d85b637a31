"""The Eureka registry: HTTP client, registration, and a probe for the doctor."""
