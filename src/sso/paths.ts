// Where signing in lives. The callback is registered with the OAuth client in the Google Cloud console, behind PUBLIC_URL.
export const LOGIN_PATH = '/auth/login';
export const CALLBACK_PATH = '/auth/callback';
export const LOGOUT_PATH = '/auth/logout';
export const FRAME_SESSION_PATH = '/embed/session';
export const FRAME_SCRIPT_PATH = '/embed/sign-in.js';
