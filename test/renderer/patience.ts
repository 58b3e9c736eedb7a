import { configure } from '@testing-library/svelte';

/** How long a test waits for the page to show something before it gives up; never what is asserted. */
configure({ asyncUtilTimeout: 30_000 });
