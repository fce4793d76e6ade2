/** The demo shop in Chinese; its English stands in the page. The questions exist in both. */
export const CHINESE: Record<string, string> = {
  title: "茶舍巷 · fastdesk 演示",
  brand: "茶舍巷",
  console: "客服工作台",
  page: "独立聊天页",
  eyebrow: "演示商店",
  headline: "新茶上市，有问必答。",
  lead: "这个页面展示聊天窗口嵌入网站后的样子。打开它提个问题，再到另一个窗口的客服工作台里亲自回答。",
  open: "开始聊天",
  answer: "以客服身份回答",
  shelf: "本周好茶",
  green: "西湖龙井",
  oolong: "安溪铁观音",
  puer: "陈年普洱饼",
  ask: "咨询这款茶",
  try: "试着问问",
  tag: "一行代码，嵌入您的网站",
  "green.ask": "西湖龙井还有货吗？",
  "oolong.ask": "铁观音用多少度的水冲泡？",
  "puer.ask": "普洱饼可以存放多久？",
  "try.1": "怎么退货？",
  "try.2": "我的订单什么时候到？",
  "try.3": "我想找人工客服",
};

export const ENGLISH: Record<string, string> = {
  "green.ask": "Is the Dragon Well in stock?",
  "oolong.ask": "How hot should the water for Iron Goddess be?",
  "puer.ask": "How long does the Pu’er cake keep?",
  "try.1": "How do I return an order?",
  "try.2": "When will my order arrive?",
  "try.3": "I would like to talk to a person",
};
