import {
  type CommissionReport,
  type Contract,
  EventName,
  type Execution,
  type Order,
  type OrderState,
} from "@stoqey/ib";
import { clientIdOf, idOf, isInt32, isSize, lineOf } from "./fields.ts";
import type { TellLeftOut } from "./left-out.ts";
import type { On } from "./on.ts";
import type { GatewayListener } from "./reports.ts";
import { brokerExecution, brokerOrder, commission, nameOf, stockSymbol, whatIfFigures } from "./translate.ts";

/** What the gateway says of orders and their executions; nothing here can place one. */
export function listenToOrders(on: On, listener: GatewayListener, leftOut: TellLeftOut): void {
  on(EventName.openOrder, (orderId: number, contract: Contract, terms: Order, state: OrderState) => {
    // Those of other clients share their numbers.
    const kind = `order ${idOf(terms.permId, "permId", () => undefined) ?? orderId}`;
    const doubt = (field: string, said: unknown) =>
      leftOut(`${kind}, ${field}`, `the ${field} ${said} of order ${orderId}`);
    if (terms.whatIf === true) {
      listener.whatIf(orderId, whatIfFigures(state, doubt));
      return;
    }
    const order = brokerOrder(orderId, contract, terms, state, doubt);
    if (order) listener.openOrder(order);
    else if (stockSymbol(contract) === undefined) {
      listener.otherContract({ account: null, kind: "order", name: nameOf(contract) });
    } else {
      const what = `order ${orderId} for ${nameOf(contract)} to ${terms.action} ${terms.totalQuantity}`;
      leftOut(kind, what);
    }
  });
  on(EventName.openOrderEnd, () => listener.listEnd("open-orders"));
  on(EventName.completedOrder, (contract: Contract, terms: Order, state: OrderState) => {
    const name = `completed order of ${nameOf(contract)} (${lineOf(terms.orderRef, REFERENCE_SHOWN_MAX) || terms.permId})`;
    const doubt = (field: string, said: unknown) => leftOut(`${name}, ${field}`, `the ${field} ${said} of a ${name}`);
    const completed = brokerOrder(terms.orderId ?? 0, contract, terms, state, doubt);
    if (completed) listener.completedOrder(completed);
    else if (stockSymbol(contract) !== undefined) leftOut(name, `a ${name} to ${terms.action} ${terms.totalQuantity}`);
  });
  on(EventName.completedOrdersEnd, () => listener.listEnd("completed-orders"));
  on(
    EventName.orderStatus,
    (
      orderId: number,
      status: string,
      filled: number | undefined,
      _remaining: number,
      _average: number,
      permId?: number,
      _parentId?: number,
      _lastPrice?: number,
      owner?: number,
      whyHeld?: string,
    ) => {
      const word = lineOf(status, STATUS_CHARACTERS_MAX);
      if (!isInt32(orderId) || !isSize(filled)) {
        return leftOut(`status of order ${orderId}`, `status ${word} of order ${orderId} with ${filled} filled`);
      }
      const doubt = (field: string, said: unknown) =>
        leftOut(`status of order ${orderId}, ${field}`, `the ${field} ${said} in status ${word} of order ${orderId}`);
      listener.orderStatus({
        orderId,
        permId: idOf(permId, "permId", doubt),
        clientId: clientIdOf(owner, doubt),
        status: word,
        filledQuantity: filled,
        text: lineOf(whyHeld),
      });
    },
  );
  on(EventName.execDetails, (_requestId: number, contract: Contract, told: Execution) => {
    const id = lineOf(told.execId, EXECUTION_ID_SHOWN_MAX);
    const doubt = (field: string, said: unknown) =>
      leftOut(`execution ${id}, ${field}`, `the ${field} ${said} of execution ${id} (the execution itself counts)`);
    const execution = brokerExecution(contract, told, doubt);
    if (execution) listener.execution(execution);
    else if (stockSymbol(contract) === undefined) {
      listener.otherContract({ account: told.acctNumber ?? null, kind: "execution", name: nameOf(contract) });
    } else {
      const { side, shares, price } = told;
      leftOut(`execution ${id}`, `execution ${id} of ${nameOf(contract)}: ${side} ${shares} at ${price}`);
    }
  });
  on(EventName.execDetailsEnd, () => listener.listEnd("executions"));
  on(EventName.commissionReport, (told: CommissionReport) => {
    const id = lineOf(told.execId, EXECUTION_ID_SHOWN_MAX);
    const report = commission(told, (field, said) =>
      leftOut(`commission of ${id}`, `the ${field} ${said} of execution ${id}`),
    );
    if (report) listener.commission(report.executionId, report.commission);
  });
}

const STATUS_CHARACTERS_MAX = 40;
const EXECUTION_ID_SHOWN_MAX = 100;
const REFERENCE_SHOWN_MAX = 60;
