using AgentWarden.Kernel.Admission;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Kernel.Planning;
using static AgentWarden.Admission.ResourceValidation.ResourceValidationReasons;

namespace AgentWarden.Admission.ResourceValidation;

/// <summary>What the API server checks of its own label selectors. A CustomResourceDefinition's schema does not, and a selector that is wrong selects nothing, silently.</summary>
internal static class SelectorChecks
{
    public static IEnumerable<Finding> Faults(string field, LabelSelector? selector)
    {
        foreach (var (key, value) in selector?.MatchLabels ?? new Dictionary<string, string>(StringComparer.Ordinal))
        {
            if (!FieldFormats.IsLabelKey(key))
            {
                yield return Key($"{field}.matchLabels", key);
            }

            if (!FieldFormats.IsLabelValue(value))
            {
                yield return Value($"{field}.matchLabels[{key}]", value);
            }
        }

        var index = 0;
        foreach (var finding in (selector?.MatchExpressions ?? []).SelectMany(e => Expression($"{field}.matchExpressions[{index++}]", e)))
        {
            yield return finding;
        }
    }

    private static IEnumerable<Finding> Expression(string field, LabelRequirement expression)
    {
        if (!FieldFormats.IsLabelKey(expression.Key))
        {
            yield return Key($"{field}.key", expression.Key);
        }

        switch (expression)
        {
            case { Operator: "In" or "NotIn", Values: not { Count: > 0 } }:
                yield return new(FieldMissing, $"{field}.values: {expression.Operator} needs at least one value.");
                break;
            case { Operator: "Exists" or "DoesNotExist", Values.Count: > 0 }:
                yield return new(FieldInvalid, $"{field}.values: {expression.Operator} takes no values. Remove them, or use {(expression.Operator == "Exists" ? "In" : "NotIn")}.");
                break;
            case { Operator: not ("In" or "NotIn" or "Exists" or "DoesNotExist") }:
                yield return new(FieldInvalid, $"{field}.operator: \"{expression.Operator}\" is none of In, NotIn, Exists, DoesNotExist.");
                break;
        }

        foreach (var value in (expression.Values ?? []).Where(v => !FieldFormats.IsLabelValue(v)))
        {
            yield return Value($"{field}.values", value);
        }
    }

    private static Finding Key(string field, string key) =>
        new(FieldInvalid, $"{field}: \"{key}\" is not a label key: {FieldFormats.LabelKey}.");

    private static Finding Value(string field, string value) =>
        new(FieldInvalid, $"{field}: \"{value}\" is not a label value: {FieldFormats.LabelValue}.");
}
