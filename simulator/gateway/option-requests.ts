import { invalidRequest } from "../broker/refusal.ts";
import type { Instrument } from "../market/instrument.ts";
import { impliedVolatility, optionFigures, yearsBetween } from "../market/option-model.ts";
import { expiryEpochS, modelOf } from "../market/option-tapes.ts";
import { optionTickTypes, tickOptionComputation } from "../protocol/option-messages.ts";
import type { RequestOf } from "../protocol/requests.ts";
import type { GatewayContext } from "./context.ts";
import { findInstrument } from "./find-instrument.ts";
import { noSuchTicker, processingError, refuse } from "./refuse.ts";
import type { QuoteSubscription, Session } from "./session.ts";

/** The model's figures that a subscription to an option gets with its prices; nothing for anything else. */
export function sendOptionFigures(context: GatewayContext, session: Session, subscription: QuoteSubscription): void {
  const { instrument, reqId } = subscription;
  if (instrument.underlying === undefined || instrument.secType !== "OPT") return;
  const nowS = context.clock.nowS();
  const quote = context.market.quote(instrument.underlying.key, nowS);
  if (quote === undefined) return;
  const figures = modelOf(instrument, (quote.bid + quote.ask) / 2, nowS);
  session.send(tickOptionComputation(reqId, optionTickTypes.model, figures));
}

/** What volatility an option's price implies. */
export function calculateImpliedVolatility(
  context: GatewayContext,
  session: Session,
  request: RequestOf<"REQ_CALC_IMPLIED_VOLAT">,
): void {
  const { reqId, optionPrice, underPrice } = request;
  const option = findOption(context, session, request);
  if (option === undefined) return;
  if (optionPrice === undefined || optionPrice <= 0) {
    refuse(session, reqId, invalidRequest("Invalid option price"));
    return;
  }
  const underlyingPrice = underlyingPriceOf(session, reqId, underPrice);
  if (underlyingPrice === undefined) return;
  const inputs = inputsOf(context, option, underlyingPrice);
  const volatility = impliedVolatility(inputs, optionPrice);
  const figures = volatility === undefined ? undefined : optionFigures({ ...inputs, volatility });
  session.send(
    tickOptionComputation(reqId, optionTickTypes.custom, {
      volatility,
      delta: figures?.delta,
      price: optionPrice,
      gamma: figures?.gamma,
      vega: figures?.vega,
      theta: figures?.theta,
      underlyingPrice,
    }),
  );
}

/** What an option costs at a volatility. */
export function calculateOptionPrice(
  context: GatewayContext,
  session: Session,
  request: RequestOf<"REQ_CALC_OPTION_PRICE">,
): void {
  const { reqId, volatility, underPrice } = request;
  const option = findOption(context, session, request);
  if (option === undefined) return;
  if (volatility === undefined || volatility <= 0) {
    refuse(session, reqId, invalidRequest("Invalid volatility"));
    return;
  }
  const underlyingPrice = underlyingPriceOf(session, reqId, underPrice);
  if (underlyingPrice === undefined) return;
  const figures = optionFigures({ ...inputsOf(context, option, underlyingPrice), volatility });
  session.send(tickOptionComputation(reqId, optionTickTypes.custom, { ...figures, volatility, underlyingPrice }));
}

/** A calculation is answered once and at once: there is never one left to cancel. */
export function cancelCalculation(session: Session, reqId: number): void {
  refuse(session, reqId, noSuchTicker(reqId));
}

/** Nobody holds options here, so there is never one to exercise or to let lapse. */
export function exerciseOptions(
  context: GatewayContext,
  session: Session,
  request: RequestOf<"EXERCISE_OPTIONS">,
): void {
  const { reqId, account, exerciseAction, exerciseQuantity } = request;
  if (findOption(context, session, request) === undefined) return;
  if (exerciseAction !== 1 && exerciseAction !== 2) {
    refuse(session, reqId, invalidRequest("Invalid exercise action"));
    return;
  }
  if (exerciseQuantity <= 0) {
    refuse(session, reqId, invalidRequest("Invalid exercise quantity"));
    return;
  }
  const own = context.account().account;
  if (account !== "" && account !== own) {
    refuse(session, reqId, invalidRequest("Invalid account code"));
    return;
  }
  refuse(session, reqId, processingError(`No unlapsed position exists in this option in account ${own}.`));
}

function findOption(
  context: GatewayContext,
  session: Session,
  { reqId, contract }: RequestOf<"REQ_CALC_IMPLIED_VOLAT" | "REQ_CALC_OPTION_PRICE" | "EXERCISE_OPTIONS">,
): Instrument | undefined {
  const instrument = findInstrument(context, session, reqId, contract);
  if (instrument === undefined || instrument.secType === "OPT") return instrument;
  refuse(session, reqId, invalidRequest("Please enter a valid security type"));
  return undefined;
}

function underlyingPriceOf(session: Session, reqId: number, given: number | undefined): number | undefined {
  if (given !== undefined && given > 0) return given;
  refuse(session, reqId, invalidRequest("Invalid underlying price"));
  return undefined;
}

function inputsOf(context: GatewayContext, option: Instrument, underlyingPrice: number) {
  const years = yearsBetween(context.clock.nowS(), expiryEpochS(option));
  return { right: option.right || "C", strike: option.strike, underlyingPrice, years } as const;
}
