// Where there is room for one of the devices only, tabs choose which one. What is new at the other is counted on its tab.
const tabs = [...document.querySelectorAll('#devices [role=tab]')];
const deviceOf = (tab) => document.getElementById(tab.getAttribute('aria-controls'));

for (const tab of tabs) {
  tab.addEventListener('click', () => select(tab));
  const list = deviceOf(tab).querySelector('ol');
  new MutationObserver(() => {
    if (tab.getAttribute('aria-selected') === 'false') tab.dataset.unread = Number(tab.dataset.unread ?? 0) + 1;
  }).observe(list, { childList: true });
  // Who writes to it wants to see what arrives.
  deviceOf(tab)
    .querySelector('p button')
    .addEventListener('click', () => select(tab));
}
if (tabs.length > 0) select(tabs[0]);

function select(chosen) {
  for (const tab of tabs) {
    tab.setAttribute('aria-selected', String(tab === chosen));
    deviceOf(tab).classList.toggle('shown', tab === chosen);
  }
  delete chosen.dataset.unread;
  const list = deviceOf(chosen).querySelector('ol');
  list.scrollTop = list.scrollHeight;
}
