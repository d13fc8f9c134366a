using System.Net.Http.Headers;
using System.Text;

namespace AgentWarden.Kernel.Kubernetes.Connection;

/// <summary>The credentials of one <c>users[]</c> entry. Precedence: exec, tokenFile, token, username; a client certificate goes with any.</summary>
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
            throw new KubeConfigException(user.File, user.Field("auth-provider"), "auth providers were removed from Kubernetes.", "Use an exec plugin (for example kubelogin) or a token.");
        }

        var certificatePem = user.Pem("client-certificate");
        var keyPem = user.Pem("client-key");
        if (certificatePem is null != keyPem is null)
        {
            throw new KubeConfigException(user.File, user.Field(certificatePem is null ? "client-certificate" : "client-key"), "it is missing, its other half is there.", "Give both client-certificate and client-key, or neither.");
        }

        var certificate = certificatePem is null ? null : Certificates.Client(certificatePem, keyPem!, user.File, user.Field("client-certificate"));
        if (user.Child("exec") is { } exec)
        {
            return new ExecCredentialSource(new ExecPlugin(exec, cluster), new ClusterCredential(authorization: null, certificate), exec.File, exec.Field("command"), time);
        }

        // A token file wins over a token: kubectl keeps the token only as the file's first value.
        if (user.FullPath("tokenFile") is { } tokenFile)
        {
            return new FileTokenSource(tokenFile, user.Field("tokenFile"), certificate, time);
        }

        if (user.Text("token") is { } token)
        {
            return new FixedCredentialSource(ClusterCredential.Bearer(token, certificate));
        }

        return new FixedCredentialSource(new ClusterCredential(Basic(user), certificate));
    }

    private static AuthenticationHeaderValue? Basic(KubeConfigEntry user) =>
        user.Text("username") is not { } name ? null
            : new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{name}:{user.Text("password")}")));
}
