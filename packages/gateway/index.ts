export { gatewayProgram } from './gateway-program.ts';
export { describeApi } from './openapi/describe-api.ts';
export { runGateway } from './run-gateway.ts';
