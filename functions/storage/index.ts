/** What other rooms may use of storage. */
export { subjectOf } from './change.ts';
export type { GrowthDecision } from './decision.ts';
export { endInterrupted } from './interrupted.ts';
export type { Listed, Services } from './kind.ts';
export { kindOf } from './kinds.ts';
export { type BrokerReadings, readBrokers } from './msk/brokers.ts';
export { callOf, isOver } from './outcome.ts';
export { isReliefDue } from './relief.ts';
export { remember } from './remember.ts';
export { listFleet, planFleet, survey, type PlanRow, type SurveyedBroker } from './survey.ts';
