export default function Reports() {
  return <main class="page" />;
}
