// What the Admin console can do better with JavaScript; it does everything without. Shows times in
// the local zone, asks before something is deleted, and searches while you type.
for (const time of document.querySelectorAll('time[datetime]')) {
  const date = new Date(time.dateTime);
  const isToday = date.toDateString() === new Date().toDateString();
  const style = isToday ? { timeStyle: 'medium' } : { dateStyle: 'medium', timeStyle: 'short' };
  time.textContent = new Intl.DateTimeFormat(undefined, style).format(date);
  time.title = time.dateTime;
}

document.addEventListener('submit', (event) => {
  const question = event.target.dataset.ask;
  if (question && !window.confirm(question)) event.preventDefault();
});

const search = document.querySelector('form.search input[type=search]');
let timer;
search?.addEventListener('input', () => {
  clearTimeout(timer);
  timer = setTimeout(() => search.form.requestSubmit(), 350);
});
if (search?.value) {
  search.focus();
  search.setSelectionRange(search.value.length, search.value.length);
}

const notice = document.querySelector('p.notice[role=status]');
if (notice) {
  const url = new URL(location.href);
  url.searchParams.delete('done');
  history.replaceState(null, '', url);
}
