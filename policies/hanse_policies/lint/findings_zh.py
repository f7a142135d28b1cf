"""What is said of a finding in Chinese, and what would put it right."""

from __future__ import annotations

from collections.abc import Mapping

from hanse_policies.lint.wording import FindingWords

CHINESE_FINDINGS: Mapping[str, FindingWords] = {
    "refused": FindingWords(
        "{title}；加载器原文：{message}",
        "按原文所述处理",
    ),
    "L02.broad": FindingWords(
        "列 {column} 的类别为 {category}，涵盖一切",
        "写明该列的值所属的最窄类别",
    ),
    "L03.unpinned": FindingWords(
        "策略未固定 {kinds} 的版本",
        "添加 `taxonomies`，写明词汇所依据的版本",
    ),
    "L03.word": FindingWords(
        "`{word}` 不是 {pin} 中的词",
        "改用所固定版本中的词，或固定含有该词的版本",
    ),
    "L04.purpose": FindingWords(
        "目的 {purpose} 已获许可，但没有任何告知提及",
        "在告知中说明该目的并在此列出，或删去该许可",
    ),
    "L05.separate": FindingWords(
        "列 {column} 作为敏感列获得许可，但目的 {purpose} 的最新告知未就敏感个人信息征求单独同意",
        "征求单独同意并写入 `separate_consents`，或删去该列",
    ),
    "L06.age": FindingWords(
        "数据资产 {asset} 的同意登记未记录年龄段",
        "添加 `age_band`，写明登记中的相应列",
    ),
    "L07.category": FindingWords(
        "列 {column}（{category}）可识别个人",
        "删去该列，或在 `pseudonym` 中写明标识符的替换方式",
    ),
    "L07.name": FindingWords(
        "列 {column} 的名称像标识符，但类别为 {category}",
        "更正类别、删去该列，或写明 `pseudonym`",
    ),
    "L08.unkeyed": FindingWords(
        "列 {column} 是未使用密钥的哈希：能猜出标识符的人就能找到本人",
        "改用仅留存于品牌的密钥计算的哈希，或随机令牌",
    ),
    "L08.unstated": FindingWords(
        "列 {column} 的名称像哈希，但未说明其生成方式",
        "写明 `pseudonym`：keyed-hash、random 或 unkeyed-hash",
    ),
    "L09.unused": FindingWords(
        "列 {column} 已为目的 {purpose} 许可，但文件集中没有研究读取它",
        "从许可中删去该列",
    ),
    "L09.undeclared": FindingWords(
        "研究读取列 {column}，但品牌 {brand} 针对目的 {purpose} 的许可均未列出",
        "从研究中删去该列，或请品牌 {brand} 许可",
    ),
    "L09.unlisted": FindingWords(
        "列 {column} 已为目的 {purpose} 许可，但数据资产 {asset} 未列出",
        "在数据资产中列出该列，或从许可中删去",
    ),
    "L10.placeholder": FindingWords(
        "列 {column} 的必要性理由为 `{reason}`，等于没有理由",
        "写明缺少该列时目的为何无法实现",
    ),
    "L11.text": FindingWords(
        "列 {column}（{category}）包含自由文本",
        "删去该列，或改用品牌从中提取的类别或数值",
    ),
    "L12.finer": FindingWords(
        "列 {column}（{category}，精度 {precision}）细于城市",
        "改用城市或更粗精度的列",
    ),
    "L12.unstated": FindingWords(
        "列 {column}（{category}）是位置信息，但未说明精度",
        "在数据资产中写明 `precision`，并采用城市或更粗的精度",
    ),
    "L13.charter": FindingWords(
        "结果保存 {days} 天，而章程只允许 {limit} 天",
        "将 `retention_days` 降至 {limit}",
    ),
    "L13.source": FindingWords(
        "结果保存 {days} 天，而其来源列只保存 {limit} 天",
        "将 `retention_days` 降至 {limit}",
    ),
    "L14.recipient": FindingWords(
        "接收方 {recipient} 已获许可，但告知 {notice} 未列出",
        "在新的告知中列出该接收方，或从许可中删去",
    ),
    "L15.mechanism": FindingWords(
        "品牌适用 {home} 的法律，而其他方（{abroad}）不适用，但未写明出境机制",
        "添加 `export`，写明机制以及自 1 月 1 日起的人数上限",
    ),
    "L15.counter": FindingWords(
        "出境未写明人数，无法判断须采用何种机制",
        "添加 `persons_at_most` 和 `sensitive_persons_at_most`",
    ),
    "L15.weak": FindingWords(
        "机制 {mechanism} 不足以支持至多 {persons} 人（其中敏感个人信息 {sensitive} 人）的出境",
        "10 万人以上或涉及敏感个人信息的，采用标准合同或认证；"
        "100 万人以上或涉及 1 万人以上敏感个人信息的，采用安全评估",
    ),
    "L15.place": FindingWords(
        "章程未写明 {whose} 位于何处，无法判断数据是否出境",
        "为每个成员和运营方添加 `jurisdiction`",
    ),
    "L16.missing": FindingWords(
        "策略未写明影响评估",
        "添加 `assessment`，写明报告的摘要值和日期",
    ),
    "L16.older": FindingWords(
        "版本 {version} 比版本 {before} 允许得更多，但其评估并未更新",
        "对新增内容进行评估，并写明该报告",
    ),
    "L16.late": FindingWords(
        "评估日期晚于策略生效时间",
        "使策略在评估完成之后生效",
    ),
    "L16.unknown": FindingWords(
        "文件中没有上一版本，无法判断评估是否晚于变更",
        "将上一版本与本版本一同检查",
    ),
    "L17.interest": FindingWords(
        "策略接受以合法利益为依据，而中国法律并无此依据",
        "删去 `legitimate-interest`，或在章程中写明品牌所在的法域",
    ),
    "L18.objection": FindingWords(
        "目的 {purpose} 的结果会影响到个人，但告知未说明如何拒绝",
        "在该目的的最新告知中添加 `objection`",
    ),
    "L19.price": FindingWords(
        "研究的评分被用于定价",
        "从 `uses` 中删去 `price`",
    ),
    "L19.unstated": FindingWords(
        "研究训练模型，但未写明其用途",
        "添加 `uses`",
    ),
    "L21.persons": FindingWords(
        "delta {delta} 不小于 1/n，n 为 {persons} 人",
        "将 delta 降至远低于人数的倒数",
    ),
    "L21.unknown": FindingWords(
        "数据资产 {asset} 未写明人数上限，delta 只能与最少人数比较",
        "添加 `persons_at_most`，向上取整",
    ),
    "L22.renewal": FindingWords(
        "目的 {purpose} 的预算每 {period} 天重新开始，"
        "但数据资产 {asset} 的全部数据行 {days} 天才更新一遍：同一数据最多可被计入 {times} 份预算",
        "将周期设为至少 {days} 天",
    ),
    "L22.unknown": FindingWords(
        "目的 {purpose} 的预算每 {period} 天重新开始，但数据资产 {asset} 未写明数据行何时更新",
        "在数据资产中添加 `renewed_every_days`",
    ),
    "L23.twice": FindingWords(
        "品牌 {brand} 在此为目的 {purpose} 设定了预算，在策略 {other} 中又设定了一份",
        "每个联盟只保留一份策略，每个目的只设一份预算",
    ),
    "L25.persons": FindingWords(
        "最低人数 {asked} 低于章程的 {floor}",
        "将 `minimum_persons` 提高到 {floor}",
    ),
    "L25.brands": FindingWords(
        "最低品牌数 {asked} 低于章程的 {floor}",
        "将 `minimum_brands` 提高到 {floor}",
    ),
    "L28.claim": FindingWords(
        "文字写有“{word}”，但没有证据",
        "改写为实际做法：汇总、加噪或假名化",
    ),
    "L28.label": FindingWords(
        "流转标签 {word} 声称匿名，但没有证据、签名和到期日",
        "使用 F4 或更低的标签",
    ),
    "L29.brands": FindingWords(
        "最低品牌数为 {brands} 时，两方中的一方可读出另一方在总和中的部分",
        "将 `minimum_brands` 提高到 3",
    ),
    "L29.entities": FindingWords(
        "成员只属于 {entities} 个法律实体，而求和需要三个",
        "在研究运行之前，让其他所有者的成员加入",
    ),
    "L30.approver": FindingWords(
        "{who} 编写了该版本，又批准了该版本",
        "请另一人批准",
    ),
    "L30.alone": FindingWords(
        "首个版本须由 {needed} 个角色批准，但除作者 {who} 外，批准人的角色不足",
        "添加具有其他角色的批准人",
    ),
    "L31.hours": FindingWords(
        "同意登记在 {hours} 小时内均视为有效，超过 {most} 小时",
        "将 `max_age_hours` 降至 {most}",
    ),
    "L34.members": FindingWords(
        "一个人可能属于 {members} 个成员，但只按 {charged} 个计费",
        "将 `max_brands_per_person` 提高到 {members}",
    ),
    "L35.unattested": FindingWords(
        "抽样率 {rate} 按泊松抽样计费，但没有证明",
        "添加 `sampler_evidence`，写明报告的摘要值，或将抽样率设为 1",
    ),
}
