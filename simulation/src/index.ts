export { simulate, type SimulationOptions, type SimulationOutcome } from './simulate.ts'
export { VirtualClock } from './virtual-clock.ts'
