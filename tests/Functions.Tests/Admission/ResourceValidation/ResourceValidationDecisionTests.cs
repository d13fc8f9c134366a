using AgentWarden.Kernel.Admission;
using AgentWarden.Admission.ResourceValidation;

namespace AgentWarden.Tests.Admission.ResourceValidation;

public sealed class ResourceValidationDecisionTests
{
    public static TheoryData<string> Cases => Golden.Cases();

    [Theory, MemberData(nameof(Cases))]
    public void Decides(string name) => Golden.Check<ResourceValidationFacts, AdmissionResult>(name, ResourceValidationDecision.Decide, (_, verdict) =>
    {
        Assert.Equal(verdict.Warnings, AdmissionWarnings.Bound(verdict.Warnings));
        if (verdict is AdmissionResult.Denied denied)
        {
            Assert.Contains("spec.", denied.Message, StringComparison.Ordinal);
            Assert.Contains(denied.Code, new[] { 403, 422 });
        }
    });
}
