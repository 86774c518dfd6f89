// The listing's pictures, at their real size and to be downloaded, and how to make the ones that only a person can make.
import { BANNER, ICONS, type Picture } from './artwork.ts';

function Download({ picture, what }: { picture: Picture; what: string }) {
  const { path, width, height } = picture;
  const file = path.slice(path.lastIndexOf('/') + 1);
  return (
    <li>
      <img src={path} width={width} height={height} alt="" />
      <a href={path} download={file}>
        <span class="unseen">Download {what}, </span>
        {width} × {height}
      </a>
    </li>
  );
}

export function GraphicAssets() {
  return (
    <section class="card">
      <h3>Graphic assets</h3>
      <p class="small quiet">
        A web app needs all four icons. Download each, and upload it in the form.
      </p>
      <ul class="pictures">
        {ICONS.map((icon) => (
          <Download picture={icon} what="icon" />
        ))}
        <Download picture={BANNER} what="card banner" />
      </ul>
    </section>
  );
}

export function Screenshots() {
  return (
    <section class="card">
      <h3>Screenshots</h3>
      <p>
        One to five, <strong>1280 × 800</strong> pixels (640 × 400 and 2560 × 1600 are taken as
        well), without rounded corners or a margin. At least one shows the app together with Google:
        signing in, or the entry in the app launcher.
      </p>
      <ol class="steps">
        <li>Make a test account whose name and photo may be shown, and sign in as it.</li>
        <li>
          In Chrome: developer tools, <em>Toggle device toolbar</em>, dimensions <em>Responsive</em>
          , 1280 × 800, device pixel ratio 1.
        </li>
        <li>
          In the menu of that toolbar: <em>Capture screenshot</em>. Good pages are{' '}
          <a href="/">the application</a>, signed in, and the Google page that asks which account.
        </li>
      </ol>
    </section>
  );
}
