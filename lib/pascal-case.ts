/** `read-notifications` → `ReadNotifications`: the contract's names as CloudFormation writes them. */
export const pascalCase = (name: string): string =>
  name
    .split('-')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
