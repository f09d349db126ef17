export { KafkaGateway, type KafkaGatewayOptions } from './kafka-gateway.ts'
export { defaultKafkaGatewayLimits, type KafkaGatewayLimits } from './limits.ts'
