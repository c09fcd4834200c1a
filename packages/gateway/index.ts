export { gatewayProgram } from './gateway-program.ts';
export { runGateway } from './run-gateway.ts';
