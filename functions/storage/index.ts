/** What other rooms may use of storage. */
export type { GrowthDecision } from './decision.ts';
export { endInterrupted } from './interrupted.ts';
export { callOf, isOver } from './outcome.ts';
export { remember } from './remember.ts';
export { planFleet, survey, type PlanRow, type SurveyedBroker } from './survey.ts';
