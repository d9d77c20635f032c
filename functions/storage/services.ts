/** Wiring of the services that a cluster's storage lives in, for functions that meet every kind. */
import { ebsGateway } from '../gateways/ebs.ts';
import { mskGateway } from '../gateways/msk.ts';
import { scalingOwnersGateway } from '../gateways/scaling-owners.ts';

export const services = { ebs: ebsGateway, msk: mskGateway, scalingOwners: scalingOwnersGateway };
