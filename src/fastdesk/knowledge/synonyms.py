"""Words of customer service that mean the same, in Chinese and English.

A visitor asks for "退钱", the article says "退款"; or the visitor writes English and the article is Chinese. Each line
is one meaning; its words share one extra feature in questions and headings. Entries are folded text: Chinese of two to
four characters, English of one to three words in any inflection. A tenant adds lines of its own in its settings.

General words only: what a shop, a bank or a software house is asked about alike, nothing of one trade.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from fastdesk.knowledge.stemming import stem

__all__ = ["SERVICE_WORDS", "Meanings"]

SERVICE_WORDS = """
退款 退钱 钱退 返款 退费 退回款项 | refund, money back, reimburse, reimbursement
退货 退回 寄回 退掉 退换 | return, send back
换货 调换 换一 换成 换个 更换 | exchange, swap, replace, replacement
运费 邮费 快递费 物流费 包邮 | shipping cost, shipping fee, postage, delivery fee, delivery cost
发货 寄出 发出 出货 | ship, dispatch
快递 包裹 物流 运单 | parcel, package, shipment, courier
签收 送达 妥投 送到 收货 | delivered, arrive, receive
到账 入账 到帐 入帐 | credited
地址 住址 | address
发票 开票 专票 普票 票据 | invoice, receipt
付款 支付 付钱 给钱 缴费 转账 | pay, payment
扣款 扣钱 扣费 扣了 | charge, debit, deduct
结账 结算 买单 | checkout
优惠券 折扣券 代金券 满减券 消费券 优惠码 折扣码 | coupon, voucher, promo code, discount code
打折 折扣 降价 便宜 差价 保价 价保 特价 | discount, cheaper, price drop, price match
账号 帐号 账户 帐户 用户名 | account, username
密码 口令 | password, passcode
登录 登陆 登入 | login, log in, sign in
注册 开户 | register, sign up
注销 销户 删号 删除 | delete, close, deactivate
手机号 电话号码 号码 联系电话 | phone number, mobile number
手机 电话 | phone, mobile
验证码 校验码 | verification code, security code, otp
短信 信息 | sms, text message
邮箱 邮件 电邮 | email, mail
取消 撤销 撤回 撤单 退订 | cancel, withdraw, unsubscribe
修改 更改 变更 改成 改为 改一下 | change, edit, update, modify
写错 填错 弄错 搞错 买错 错了 错误 有误 不对 | wrong, incorrect, mistake
失败 不成功 出错 报错 异常 | fail, failure, error, decline, reject
坏了 坏的 破损 碎了 损坏 瑕疵 故障 破了 裂了 质量问题 | broken, damage, defective, faulty
丢失 丢了 弄丢 不见了 遗失 | lost, missing
被盗 盗用 被偷 | stolen, hacked
少发 漏发 少了 缺件 | missing item
缺货 断货 没货 无货 售罄 卖完 卖光 | out of stock, sold out, unavailable
补货 来货 有货 到货 上架 现货 | restock, in stock, back in stock
保修 质保 三包 | warranty, guarantee
维修 修理 返修 | repair, fix
尺码 尺寸 码数 多大码 | size
颜色 色号 | colour, color
会员 | vip, member, membership
积分 点数 | points, reward
续费 续订 包月 包年 | renew, subscription
客服 人工 真人 热线 | agent, human, representative, customer service, hotline
上班 下班 工作时间 营业时间 几点 | opening hours, business hours, working hours
海外 国外 境外 国际 外国 | overseas, abroad, international
关税 清关 海关 | customs, duty
礼物 礼品 送人 送礼 | gift, present
包装 礼盒 | wrap, packaging
多久 多长时间 几天 什么时候 何时 啥时候 多少天 | how long, when
多少钱 价格 价钱 费用 收费 多贵 | how much, price, cost, fee
在哪 哪里 哪儿 什么地方 | where
还没 迟迟 超时 太慢 延误 一直没 | late, delay, still waiting
查询 查看 查一下 跟踪 追踪 | track, trace
投诉 举报 | complaint, complain
隐私 个人信息 个人资料 | privacy, personal data
分期 月供 | instalment, installment
余额 | balance
限额 额度 上限 | limit
提现 取现 取款 | withdrawal, cash out
充值 | top up, recharge
下载 安装 | download, install
打不开 进不去 闪退 卡住 | crash, freeze, not loading
激活 启用 开通 | activate, enable
"""


class Meanings:
    """Finds the meanings of words; one per tenant, immutable, cheap to ask (a dictionary look-up per word)."""

    def __init__(self, extra: Iterable[Sequence[str]] = ()) -> None:
        """Read the built-in lines, then `extra`: lines of folded words that mean the same."""
        self._chinese: dict[str, list[int]] = {}
        self._spaced: dict[tuple[str, ...], list[int]] = {}
        for number, words in enumerate(chain(_built_in_lines(), extra)):
            for word in words:
                if word.isascii():
                    self._spaced.setdefault(tuple(stem(part) for part in word.split()), []).append(number)
                else:
                    self._chinese.setdefault(word, []).append(number)
        self._chinese_lengths = sorted({len(word) for word in self._chinese})
        self._spaced_lengths = sorted({len(stems) for stems in self._spaced})

    def in_chinese(self, run: str) -> Iterator[int]:
        """Yield the numbers of the meanings found in a run of Chinese, wherever its words begin."""
        for length in self._chinese_lengths:
            for at in range(len(run) - length + 1):
                yield from self._chinese.get(run[at : at + length], ())

    def in_stems(self, stems: Sequence[str]) -> Iterator[int]:
        """Yield the numbers of the meanings found in consecutive word stems."""
        for length in self._spaced_lengths:
            for at in range(len(stems) - length + 1):
                yield from self._spaced.get(tuple(stems[at : at + length]), ())


def _built_in_lines() -> Iterator[list[str]]:
    for line in SERVICE_WORDS.strip().splitlines():
        chinese, _, english = line.partition("|")
        yield [*chinese.split(), *(word.strip() for word in english.split(",") if word.strip())]
