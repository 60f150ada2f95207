import { compileTopics, type TopicPolicy } from '../../rules/topic-policy.ts';
import { settings } from './environment.ts';

/** Who may use which topics in this deployment. */
export const openTopics = (): TopicPolicy => compileTopics(settings.TOPICS());
