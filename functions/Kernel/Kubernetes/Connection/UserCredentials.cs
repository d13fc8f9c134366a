using System.Net.Http.Headers;
using System.Text;

namespace AgentWarden.Kernel.Kubernetes.Connection;

/// <summary>
/// The credentials of one <c>users[]</c> entry, in kubectl's order: token file, token, username, exec. A client certificate goes with
/// any.
/// </summary>
internal static class UserCredentials
{
    public static ICredentialSource From(KubeConfigEntry? user, KubeConfigEntry cluster, TimeProvider time)
    {
        if (user is null)
        {
            return new FixedCredentialSource(ClusterCredential.Anonymous);
        }

        if (user.Child("auth-provider") is not null)
        {
            throw new KubeConfigException(
                user.File, user.Field("auth-provider"), "auth providers were removed from Kubernetes.",
                "Use an exec plugin (for example kubelogin) or a token.");
        }

        var certificatePem = user.Pem("client-certificate");
        var keyPem = user.Pem("client-key");
        if (certificatePem is null != keyPem is null)
        {
            throw new KubeConfigException(
                user.File, user.Field(certificatePem is null ? "client-certificate" : "client-key"),
                "it is missing, its other half is there.",
                "Give both client-certificate and client-key, or neither.");
        }

        var certificate = certificatePem is null ? null
            : Certificates.Client(certificatePem, keyPem!, user.File, user.Field("client-certificate"));
        var token = user.Text("token");
        if (user.FullPath("tokenFile") is { } tokenFile)
        {
            // A token beside the file is used for as long as the file cannot be read.
            return new FileTokenSource(tokenFile, user.Field("tokenFile"), certificate, time, token);
        }

        var written = token is not null ? new AuthenticationHeaderValue("Bearer", token) : Basic(user);
        return written is null && user.Child("exec") is { } exec
            ? new ExecCredentialSource(new ExecPlugin(exec, cluster), certificate, exec.File, exec.Field("command"), time)
            : new FixedCredentialSource(new ClusterCredential(written, certificate));
    }

    private static AuthenticationHeaderValue? Basic(KubeConfigEntry user) => user.Text("username") is not { } name ? null
        : new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{name}:{user.Text("password")}")));
}
