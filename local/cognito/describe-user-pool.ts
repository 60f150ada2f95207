import { required } from './input.ts';
import type { Action } from './room.ts';

export const describeUserPool: Action = (room, input) => {
  const pool = room.pool(required(input, 'UserPoolId'));
  const { policy } = pool;
  return {
    UserPool: {
      Id: pool.id,
      Name: pool.name,
      Arn: pool.arn,
      Policies: {
        PasswordPolicy: {
          MinimumLength: policy.minimumLength,
          RequireUppercase: policy.uppercase,
          RequireLowercase: policy.lowercase,
          RequireNumbers: policy.numbers,
          RequireSymbols: policy.symbols,
          TemporaryPasswordValidityDays: policy.temporaryDays,
        },
      },
      AdminCreateUserConfig: { AllowAdminCreateUserOnly: pool.onlyAdminsCreateUsers },
      UsernameConfiguration: { CaseSensitive: pool.usernamesAreCaseSensitive },
      UsernameAttributes: pool.usernameAttributes,
      EstimatedNumberOfUsers: pool.accounts.all().length,
    },
  };
};
