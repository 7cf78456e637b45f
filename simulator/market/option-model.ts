/** Black and Scholes without dividends: what the simulated options cost, and what the calculation requests answer. */

/** Risk-free rate a year. */
const rate = 0.04;

const yearSeconds = 365 * 86_400;

/** An hour: nearer to the end the formula becomes a step, and there is nothing to learn from it. */
const shortestYears = 3600 / yearSeconds;

export interface OptionInputs {
  readonly right: "C" | "P";
  readonly strike: number;
  readonly underlyingPrice: number;
  /** Until the expiry, see {@link yearsBetween}. */
  readonly years: number;
  /** A year, as a fraction. */
  readonly volatility: number;
}

export interface OptionFigures {
  readonly price: number;
  readonly delta: number;
  readonly gamma: number;
  /** For one percentage point of volatility. */
  readonly vega: number;
  /** For one day. */
  readonly theta: number;
}

/** Years from an instant to an expiry, never less than an hour's worth. */
export function yearsBetween(nowEpochS: number, expiryEpochS: number): number {
  return Math.max(shortestYears, (expiryEpochS - nowEpochS) / yearSeconds);
}

export function optionFigures(inputs: OptionInputs): OptionFigures {
  const { right, strike, underlyingPrice, years, volatility } = inputs;
  const root = Math.sqrt(years);
  const d1 = (Math.log(underlyingPrice / strike) + (rate + volatility ** 2 / 2) * years) / (volatility * root);
  const d2 = d1 - volatility * root;
  const discounted = strike * Math.exp(-rate * years);
  const density = Math.exp((-d1 * d1) / 2) / Math.sqrt(2 * Math.PI);
  const sign = right === "C" ? 1 : -1;
  const price = sign * (underlyingPrice * cumulative(sign * d1) - discounted * cumulative(sign * d2));
  const decay = (-underlyingPrice * density * volatility) / (2 * root);
  return {
    price: Math.max(0, price),
    delta: sign * cumulative(sign * d1),
    gamma: density / (underlyingPrice * volatility * root),
    vega: (underlyingPrice * density * root) / 100,
    theta: (decay - sign * rate * discounted * cumulative(sign * d2)) / 365,
  };
}

/** The volatility that gives a price; undefined when none between 0.1 % and 500 % does. */
export function impliedVolatility(inputs: Omit<OptionInputs, "volatility">, price: number): number | undefined {
  let low = 0.001;
  let high = 5;
  const at = (volatility: number) => optionFigures({ ...inputs, volatility }).price;
  if (price < at(low) || price > at(high)) return undefined;
  for (let step = 0; step < 60; step += 1) {
    const middle = (low + high) / 2;
    if (at(middle) < price) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** The simulated market's volatility: what is far below the money costs more, as index options do. */
export function smileVolatility(strike: number, underlyingPrice: number, dailyVolatility: number): number {
  const atTheMoney = dailyVolatility * Math.sqrt(252);
  const distance = Math.log(strike / underlyingPrice);
  return Math.max(0.4 * atTheMoney, atTheMoney * (1 - 1.2 * distance + 4 * distance * distance));
}

/** Standard normal distribution (Abramowitz and Stegun 7.1.26; its error is below 1.5e-7). */
function cumulative(x: number): number {
  const z = Math.abs(x) / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * z);
  const polynomial = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  const error = 1 - polynomial * Math.exp(-z * z);
  return x < 0 ? (1 - error) / 2 : (1 + error) / 2;
}
