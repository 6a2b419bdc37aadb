import { All, Controller } from '@nestjs/common';
import { refuse } from '#kernel';

/** Takes what no route takes, so that the guard judges it like any other request: 404 or 405, in the contract's order. */
@Controller()
export class UnknownPathController {
  @All('*')
  answer(): never {
    throw refuse('not-found');
  }
}
